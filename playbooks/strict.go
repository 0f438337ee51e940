package playbooks

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// document is one YAML file being checked: its content as nodes, to say where
// something stands.
type document struct {
	file   string
	root   *yaml.Node
	faults *Faults
}

// decode reads one YAML document strictly into out. Every complaint of the
// reader becomes a fault; ok is false when nothing further can be checked.
func decode(raw []byte, file string, out any, faults *Faults) (doc document, ok bool) {
	doc = document{file: file, root: &yaml.Node{}, faults: faults}
	strict := yaml.NewDecoder(bytes.NewReader(raw))
	strict.KnownFields(true)
	err := strict.Decode(out)
	var wrong *yaml.TypeError
	switch {
	case errors.Is(err, io.EOF):
		faults.add(file, 0, "the file is empty")
		return doc, false
	case errors.As(err, &wrong):
		for _, complaint := range wrong.Errors {
			faults.addYAML(file, complaint)
		}
	case err != nil:
		faults.addYAML(file, err.Error())
		return doc, false
	}
	if next := strict.Decode(&yaml.Node{}); !errors.Is(next, io.EOF) {
		faults.add(file, 0, "the file holds more than one document")
	}
	return doc, yaml.Unmarshal(raw, doc.root) == nil
}

// line returns where a key, or the n-th of a list, stands, or where its nearest parent that exists does.
func (d document) line(keys ...string) int {
	node := d.root
	if node.Kind == yaml.DocumentNode && len(node.Content) > 0 {
		node = node.Content[0]
	}
	at := node.Line
	for _, key := range keys {
		found := false
		for i := 0; i+1 < len(node.Content) && node.Kind == yaml.MappingNode; i += 2 {
			if node.Content[i].Value == key {
				at, node, found = node.Content[i].Line, node.Content[i+1], true
				break
			}
		}
		if n, err := strconv.Atoi(key); err == nil && node.Kind == yaml.SequenceNode && n < len(node.Content) {
			at, node, found = node.Content[n].Line, node.Content[n], true
		}
		if !found {
			break
		}
	}
	return at
}

func (d document) fault(message string, keys ...string) {
	field := strings.Join(keys, ".")
	*d.faults = append(*d.faults, Fault{File: d.file, Line: d.line(keys...), Message: field + ": " + message, Field: field})
}

// texts checks that a text is there in every language.
func (d document) texts(key string, texts map[string]string, languages []string) {
	d.textsAt(texts, languages, key)
}

// textsAt checks that the text at keys is there in every language.
func (d document) textsAt(texts map[string]string, languages []string, keys ...string) {
	at := func(language string) []string { return append(slices.Clone(keys), language) }
	for _, language := range languages {
		if strings.TrimSpace(texts[language]) == "" {
			d.fault("this text is missing", at(language)...)
		}
	}
	for language := range texts {
		if !slices.Contains(languages, language) {
			d.fault("there are no texts in this language", at(language)...)
		}
	}
}
