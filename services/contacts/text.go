package contacts

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// decode turns what r holds into UTF-8, without a byte order mark. start is
// its beginning. What is neither UTF-8 nor UTF-16 is read as Windows-1252,
// which Dutch and Belgian Excel and Outlook write.
func decode(r io.Reader, start []byte) io.Reader {
	little := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	switch {
	case bytes.HasPrefix(start, []byte{0xef, 0xbb, 0xbf}):
		return transform.NewReader(r, unicode.BOMOverride(transform.Nop))
	case bytes.HasPrefix(start, []byte{0xff, 0xfe}), bytes.HasPrefix(start, []byte{0xfe, 0xff}):
		return transform.NewReader(r, little.NewDecoder())
	case zeros(start, 1):
		return transform.NewReader(r, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewDecoder())
	case zeros(start, 0):
		return transform.NewReader(r, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewDecoder())
	case validStart(start):
		return r
	}
	return transform.NewReader(r, charmap.Windows1252.NewDecoder())
}

// zeros reports whether most of every second byte, from the given one, is zero:
// UTF-16 without a mark.
func zeros(start []byte, from int) bool {
	n, zero := 0, 0
	for i := from; i < min(len(start), 400); i += 2 {
		n++
		if start[i] == 0 {
			zero++
		}
	}
	return n > 3 && zero*10 > n*8
}

// validStart reports whether the part is UTF-8; it may end inside a character.
func validStart(start []byte) bool {
	for cut := range utf8.UTFMax {
		if len(start) >= cut && utf8.Valid(start[:len(start)-cut]) {
			return true
		}
	}
	return false
}

// decoded reads a text that is no UTF-8 as Windows-1252: the first accent may
// stand far behind the part that told the file's encoding.
func decoded(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	out, err := charmap.Windows1252.NewDecoder().String(text)
	if err != nil {
		return strings.ToValidUTF8(text, "\ufffd")
	}
	return out
}

// line is one line of a file as it stands, with its end.
type line struct {
	text string
	at   int  // from 1
	long bool // its end was cut off
}

// lines reads a file line by line, each up to a limit. Lines may be put back.
type lines struct {
	r    *bufio.Reader
	most int
	at   int
	back []line // the next one last
}

func newLines(r io.Reader, most int) *lines {
	return &lines{r: bufio.NewReaderSize(r, 32<<10), most: most}
}

// next returns the next line, io.EOF behind the last.
func (l *lines) next() (line, error) {
	if n := len(l.back); n > 0 {
		last := l.back[n-1]
		l.back = l.back[:n-1]
		return last, nil
	}
	var text []byte
	long := false
	for {
		part, err := l.r.ReadSlice('\n')
		if room := l.most - len(text); len(part) > room {
			part, long = part[:max(room, 0)], true
		}
		text = append(text, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(text) == 0:
			return line{}, io.EOF
		case err != nil && !errors.Is(err, io.EOF):
			return line{}, err
		default:
			l.at++
			return line{string(text), l.at, long}, nil
		}
	}
}

// putBack makes these the next lines, the first of them first.
func (l *lines) putBack(some []line) {
	for i := len(some) - 1; i >= 0; i-- {
		l.back = append(l.back, some[i])
	}
}

// carriage turns the line ends of old Macs, a lone carriage return, into newlines.
type carriage struct{ r io.Reader }

func (c carriage) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	for i := range p[:n] {
		if p[i] == '\r' {
			p[i] = '\n'
		}
	}
	return n, err
}
