package main_test

import (
	"encoding/json"
	"os"
	"strings"
)

// mark stands in everything that the attacks send in, so that what becomes of
// it is found again.
const mark = "attacc"

// nasty is one hostile text. Raw is set where no JSON encoder would write it.
type nasty struct {
	name, text string
	raw        string // the JSON string as it goes over the wire; "" encodes text
}

// json is the text as a JSON value.
func (n nasty) json() string {
	if n.raw != "" {
		return n.raw
	}
	raw, err := json.Marshal(n.text)
	if err != nil {
		return `""`
	}
	return string(raw)
}

// markup reports whether the text tries to become part of a page.
func (n nasty) markup() bool { return strings.ContainsAny(n.text, "<>\"'") }

// inTurn reports whether number n of a row has its turn, one in so many: where
// each kind of text meets many places, each place need not meet each kind in
// every run. With DATALEK_TEST_THOROUGH everything is tried everywhere.
func inTurn(n, of int) bool { return n%of == 0 || os.Getenv("DATALEK_TEST_THOROUGH") != "" }

// nasties are kinds of hostile text, one or a few of each: what breaks out of
// HTML, templates, queries, headers, files, cells and terminals, what hides or
// turns round, what is not text at all, and what is far too long.
func nasties() []nasty {
	return []nasty{
		{name: "a script", text: `<script>attacc(1)</script>`},
		{name: "an element out of an attribute", text: `"><attacc-1 onattacc='1'>`},
		{name: "an element out of a single-quoted attribute", text: `'><attacc-2 onattacc="1">`},
		{name: "an attribute", text: `x" onattacc="attacc(1)" autofocus="`},
		{name: "an attribute without quotes", text: "x onattacc=attacc(1) style=attacc:1"},
		{name: "the end of every element", text: `</title></textarea></script></style></select></option></svg></p></main><attacc-3>`},
		{name: "a comment", text: `--><attacc-4><!-- attacc`},
		{name: "an image", text: `<img src=x onerror=attacc(1)>`},
		{name: "a drawing", text: `<svg/onload=attacc(1)><use href="#attacc">`},
		{name: "a script's address", text: `javascript:attacc(1)`},
		{name: "a page's address", text: `data:text/html,<attacc-5>`},
		{name: "encoded HTML", text: `&lt;attacc-6&gt;&#60;attacc-6&#62;&quot; onattacc=1`},
		{name: "a Go template", text: `{{.}}{{printf "%s" "attacc"}}{{define "T"}}{{end}}{{template "T"}}`},
		{name: "an open template", text: `{{ attacc`},
		{name: "the mailer's own place for a name", text: `attacc [[name]] {{.Name}} {name} %NAME%`},
		{name: "other templates", text: `${7*7}#{7*7}<%= attacc %>{% attacc %}@(1+1)[[5*5]]$attacc*{1}`},
		{name: "a format", text: `attacc %s%n%x%d%!s(MISSING)%v`},
		{name: "a query", text: `attacc'; DROP TABLE clients;-- " OR 1=1 /* \' */`},
		{name: "a pattern", text: `attacc%_*?.*[a-z](((((`},
		{name: "a document of operators", text: `{"$gt":"","$where":"attacc"}`},
		{name: "dots and dollars", text: `$attacc.$ne.0.__proto__.constructor`},
		{name: "a line of a header", text: "attacc\r\nBcc: attacc@evil.example\r\nX-Attacc: 1"},
		{name: "a second body", text: "attacc\r\n\r\n<attacc-7>"},
		{name: "a bare CR", text: "attacc\rX-Attacc: 1"},
		{name: "a bare LF", text: "attacc\nX-Attacc: 1"},
		{name: "the end of a mail", text: "attacc\r\n.\r\nMAIL FROM:<attacc@evil.example>"},
		{name: "an encoded word", text: "=?utf-8?q?attacc=0D=0AX-Attacc:_1?="},
		{name: "an address and more", text: `attacc <attacc@evil.example>, "attacc" <b@evil.example>;`},
		{name: "an encoded line end", text: "attacc%0d%0aSet-Cookie:attacc=1"},
		{name: "NUL", text: "attacc\x00after"},
		{name: "control characters", text: "attacc\x01\x08\x0b\x0c\x0e\x1b[31m\x7f"},
		{name: "control characters of Latin-1", text: "attacc\u0080\u0085\u009b31m"},
		{name: "a separator of lines", text: "attacc\u2028X\u2029Y"},
		{name: "turned round", text: "attacc\u202egnp.exe\u202c\u2066x\u2069"},
		{name: "marks of direction", text: "attacc\u200e\u200f\u061c"},
		{name: "zero width", text: "atta\u200bcc\u200d\u200c\u2060\ufeff"},
		{name: "soft hyphens and tags", text: "attacc\u00ad\U000e0041\U000e007f\ufff9\ufffb"},
		{name: "from right to left", text: "attacc שָׁלוֹם مرحبا ﷽"},
		{name: "a flood of accents", text: "attacc Z" + strings.Repeat("\u0335\u0322\u0351\u0334\u0328\u033e", 12)},
		{name: "emoji", text: "attacc 👩🏽‍⚕️🏳️‍🌈👨‍👩‍👧‍👦🇳🇱"},
		{name: "letters that grow", text: "attacc İıſẞﬃǅ㎢"},
		{name: "letters outside the first plane", text: "attacc 𐐜𝕏𠀀表"},
		{name: "not characters", text: "attacc\ufffe\uffff\U0010ffff\ue000"},
		{name: "a lone high surrogate", raw: `"attacc\ud800"`},
		{name: "a lone low surrogate", raw: `"attacc\udc00x"`},
		{name: "not UTF-8", text: "attacc\xff\xfe\xc3", raw: "\"attacc\xff\xfe\xc3\""},
		{name: "an overlong slash", text: "attacc\xc0\xaf", raw: "\"attacc\xc0\xaf\""},
		{name: "a surrogate in bytes", text: "attacc\xed\xa0\x80", raw: "\"attacc\xed\xa0\x80\""},
		{name: "a path", text: "../../../../attacc/etc/passwd%00.png"},
		{name: "a path of Windows", text: `..\..\attacc\C$\CON`},
		{name: "a command", text: "attacc; `id` $(id) | cat & \n"},
		{name: "a formula", text: `=cmd|' /C attacc'!A0`},
		{name: "a formula after plus", text: `+attacc(1)`},
		{name: "a formula after minus", text: `-1+attacc`},
		{name: "a formula after at", text: `@SUM(1)*attacc`},
		{name: "a formula after a tab", text: "\t=attacc()"},
		{name: "a formula after CR", text: "\r=attacc()"},
		{name: "a formula after a separator", text: `attacc;=1+1,"=1+1"`},
		{name: "a huge number", text: "1e999"},
		{name: "no number", text: "NaN"},
		{name: "another number", text: "-0"},
		{name: "Arabic digits", text: "١٢٣"},
		{name: "a reserved word", text: "null"},
		{name: "blanks", text: " \u00a0\u3000\t "},
		{name: "nothing", text: ""},
		{name: "a name of the language", text: "__proto__"},
		{name: "a long word", text: mark + strings.Repeat("w", 240)},
		{name: "a long text", text: mark + strings.Repeat(" é", 6000)},
		{name: "a megabyte", text: mark + strings.Repeat("m", 1<<20)},
	}
}
