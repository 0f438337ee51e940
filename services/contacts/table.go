package contacts

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"

	"datalek/incidents/fault"
	"datalek/incidents/roster"
)

const (
	mostRecord    = 256 << 10 // a line with all its cells; Excel ends a cell at 32,767 characters
	mostCellLines = 1000      // lines within one quoted cell
	mostUnclosed  = 200       // quotes that never close; more are no CSV
)

// table reads CSV. Records are cut out here, so that a quote that never closes
// costs one line and not the rest of the file; cells are encoding/csv's.
type table struct {
	lines    *lines
	csv      *csv.Reader
	feed     *feed
	comma    byte
	unclosed int
}

// openTable finds out the encoding and the separator.
func openTable(r io.Reader, start []byte) (*table, error) {
	in := decode(r, start)
	text, err := io.ReadAll(decode(strings.NewReader(string(start)), start))
	if err != nil {
		return nil, fault.New(fault.Invalid, "error.csv_empty", "the file has no line with headers such as name, email, guidance_from")
	}
	if strings.Contains(string(text), "\r") && !strings.Contains(string(text), "\n") {
		in = carriage{in}
	}
	t := &table{lines: newLines(in, mostRecord), feed: &feed{}}
	first, err := t.lines.next()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	t.comma = separator(string(text))
	if told, some := strings.CutPrefix(strings.ToLower(strings.TrimSpace(first.text)), "sep="); some && len(told) == 1 { // Excel's own hint
		t.comma = told[0]
	} else if err == nil {
		t.lines.putBack([]line{first})
	}
	t.csv = csv.NewReader(t.feed)
	t.csv.FieldsPerRecord, t.csv.LazyQuotes = -1, true
	t.csv.Comma = rune(t.comma)
	if t.comma == '"' || t.comma == '\r' || t.comma == '\n' || t.comma >= 0x80 || t.comma == 0 {
		return nil, fault.New(fault.Invalid, "error.csv_empty", "the file has no line with headers such as name, email, guidance_from")
	}
	return t, nil
}

// separator returns the character that stands most often, outside of quotes, in
// the first line that has any: a title may stand above the headers.
func separator(start string) byte {
	for _, l := range strings.SplitN(start, "\n", headerRows+1) {
		counts, best, inside := map[byte]int{}, byte(0), false
		for i := range len(l) {
			if l[i] == '"' {
				inside = !inside
			} else if !inside {
				counts[l[i]]++
			}
		}
		for _, c := range []byte(",;\t|") {
			if counts[c] > counts[best] {
				best = c
			}
		}
		if best != 0 {
			return best
		}
	}
	return ','
}

func (t *table) next() (roster.Row, error) {
	for {
		text, at, key, err := t.record()
		if err != nil {
			return roster.Row{}, err
		}
		if key != "" {
			return roster.Row{Line: at, Fault: key}, nil
		}
		t.feed.text = text
		cells, err := t.csv.Read()
		var broken *csv.ParseError
		switch {
		case errors.Is(err, io.EOF): // an empty line
			continue
		case errors.As(err, &broken), len(cells) > mostColumns:
			t.feed.text = ""
			return roster.Row{Line: at, Fault: "error.csv_row"}, nil
		case err != nil:
			return roster.Row{}, err
		}
		for i, cell := range cells {
			cells[i] = decoded(cell)
		}
		return roster.Row{Line: at, Columns: cells}, nil
	}
}

// record cuts out the next record. A quote that is still open after so many
// lines, or at the end of the file, makes its first line alone a fault.
func (t *table) record() (text string, at int, key string, err error) {
	first, err := t.lines.next()
	if err != nil {
		return "", 0, "", err
	}
	open := quoted(first.text, t.comma, false)
	whole, more, size := first.text, []line(nil), len(first.text)
	for open && !first.long && len(more) < mostCellLines && size <= mostRecord {
		l, err := t.lines.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", 0, "", err
		}
		more, size, open = append(more, l), size+len(l.text), quoted(l.text, t.comma, true)
	}
	switch {
	case first.long:
		return "", first.at, "error.csv_row_large", nil
	case open:
		t.lines.putBack(more)
		if t.unclosed++; t.unclosed > mostUnclosed {
			return "", 0, "", fault.New(fault.Invalid, "error.csv_quotes", "too many lines have quotes that never close; save the file as CSV UTF-8 anew")
		}
		return "", first.at, "error.csv_row", nil
	}
	if len(more) > 0 {
		var b strings.Builder
		b.Grow(size)
		b.WriteString(whole)
		for _, l := range more {
			b.WriteString(l.text)
		}
		whole = b.String()
	}
	return whole, first.at, "", nil
}

// quoted reports whether a quoted cell is open behind this line; inside says that
// one was before it. A quote opens a cell only at its beginning, and within a
// cell one that neither ends it nor is doubled is text, as encoding/csv reads
// it with LazyQuotes.
func quoted(text string, comma byte, inside bool) bool {
	start := !inside
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case inside && c == '"':
			behind := byte('\n')
			if i+1 < len(text) {
				behind = text[i+1]
			}
			switch behind {
			case '"':
				i++
			case comma, '\n', '\r':
				inside = false
			}
		case inside:
		case c == '"' && start:
			inside = true
		}
		start = !inside && c == comma
	}
	return inside
}

// feed gives encoding/csv one record, and an end behind it.
type feed struct{ text string }

func (f *feed) Read(p []byte) (int, error) {
	if f.text == "" {
		return 0, io.EOF
	}
	n := copy(p, f.text)
	f.text = f.text[n:]
	return n, nil
}
