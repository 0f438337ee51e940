// Package plain turns what the program knows into names and texts that anybody can
// read without it: for files that leave the house, and for what the register says
// a fact was and became. It is pure: the standard library only.
package plain

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Of returns v as maps, lists, texts, numbers and truths, with names in
// snake_case. What is not known stays nil: a nil list, a nil pointer and the zero
// time. Times are RFC 3339 in UTC. Fields that are not exported are left out, and
// so are those whose names are in without, at any depth.
func Of(v any, without ...string) any { return of(reflect.ValueOf(v), without) }

func of(v reflect.Value, without []string) any {
	if !v.IsValid() {
		return nil
	}
	if text, is := asText(v); is {
		return text
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return of(v.Elem(), without)
	case reflect.Struct:
		return fields(v, without)
	case reflect.Map:
		return mapped(v, without)
	case reflect.Slice, reflect.Array:
		return listed(v, without)
	case reflect.String:
		return v.String()
	default:
		return v.Interface()
	}
}

// asText returns what has one text of its own: a time, a length of time, a day.
func asText(v reflect.Value) (any, bool) {
	switch x := v.Interface().(type) {
	case time.Time:
		if x.IsZero() {
			return nil, true
		}
		return x.UTC().Format(time.RFC3339Nano), true
	case time.Duration:
		return x.String(), true
	case fmt.Stringer:
		if v.Kind() == reflect.Struct {
			return x.String(), true
		}
	}
	return nil, false
}

func fields(v reflect.Value, without []string) map[string]any {
	out := map[string]any{}
	for n := range v.NumField() {
		f := v.Type().Field(n)
		if !f.IsExported() || slices.Contains(without, f.Name) {
			continue
		}
		x := of(v.Field(n), without)
		if inner, is := x.(map[string]any); is && f.Anonymous {
			maps.Copy(out, inner)
			continue
		}
		out[Name(f.Name)] = x
	}
	return out
}

func mapped(v reflect.Value, without []string) any {
	if v.IsNil() {
		return nil
	}
	out := map[string]any{}
	for _, key := range v.MapKeys() {
		out[fmt.Sprint(key.Interface())] = of(v.MapIndex(key), without)
	}
	return out
}

func listed(v reflect.Value, without []string) any {
	if v.Kind() == reflect.Slice && v.IsNil() {
		return nil
	}
	if raw, is := v.Interface().([]byte); is {
		return string(raw)
	}
	out := make([]any, v.Len())
	for n := range out {
		out[n] = of(v.Index(n), without)
	}
	return out
}

// Name writes the name of a field in snake_case: AwareAt is "aware_at".
func Name(field string) string {
	letters := []rune(strings.ReplaceAll(field, "IDs", "Ids"))
	var b strings.Builder
	for n, r := range letters {
		if n > 0 && unicode.IsUpper(r) && (!unicode.IsUpper(letters[n-1]) || n+1 < len(letters) && unicode.IsLower(letters[n+1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// Flat returns v as texts by path: {"risk/recipient": "trusted"}, without a dot, since
// some stores take one for a path of their own. A list of texts is
// one text, joined by commas; other lists have one text for each item. What is not
// known, or empty, has no path.
func Flat(v any, without ...string) map[string]string {
	out := map[string]string{}
	flatten(out, "", Of(v, without...))
	return out
}

func flatten(out map[string]string, path string, v any) {
	switch x := v.(type) {
	case nil:
	case map[string]any:
		for key, inner := range x {
			flatten(out, strings.TrimPrefix(path+"/"+key, "/"), inner)
		}
	case []any:
		flattenList(out, path, x)
	default:
		if text := fmt.Sprint(x); text != "" {
			out[path] = text
		}
	}
}

func flattenList(out map[string]string, path string, list []any) {
	var texts []string
	for n, x := range list {
		switch x.(type) {
		case map[string]any, []any:
			flatten(out, path+"/"+strconv.Itoa(n+1), x)
		case nil:
		default:
			texts = append(texts, fmt.Sprint(x))
		}
	}
	if texts != nil {
		out[path] = strings.Join(texts, ", ")
	}
}

// Differ returns the paths at which two flat things differ, with what stood and what
// stands there, "" for nothing.
func Differ(was, is map[string]string) (before, after map[string]string) {
	before, after = map[string]string{}, map[string]string{}
	for path, text := range was {
		if is[path] != text {
			before[path], after[path] = text, is[path]
		}
	}
	for path, text := range is {
		if _, known := was[path]; !known {
			before[path], after[path] = "", text
		}
	}
	return before, after
}
