package redact

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"reflect"
	"strings"
)

// Handler passes records on without what is personal or secret in them.
type Handler struct{ next slog.Handler }

// New returns a handler in front of next.
func New(next slog.Handler) *Handler { return &Handler{next: next} }

// Enabled asks the handler behind.
func (h *Handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

// Handle writes the record with its message and every value redacted.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	clean := slog.NewRecord(r.Time, r.Level, Text(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		clean.AddAttrs(attr(a))
		return true
	})
	return h.next.Handle(ctx, clean)
}

// WithAttrs redacts what a logger carries along.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &Handler{next: h.next.WithAttrs(all(attrs))}
}

// WithGroup opens a group in the handler behind.
func (h *Handler) WithGroup(name string) slog.Handler {
	return &Handler{next: h.next.WithGroup(name)}
}

func all(attrs []slog.Attr) []slog.Attr {
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = attr(a)
	}
	return clean
}

func attr(a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	switch {
	case v.Kind() == slog.KindGroup:
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(all(v.Group())...)}
	case personal(a.Key):
		return slog.String(a.Key, withheld)
	case v.Kind() == slog.KindString:
		return slog.String(a.Key, Text(v.String()))
	case v.Kind() == slog.KindAny:
		return slog.Attr{Key: a.Key, Value: known(v.Any())}
	}
	return slog.Attr{Key: a.Key, Value: v} // numbers, times, yes and no
}

// known writes the kinds of value that are known to hold words of the program.
// Of anything else, such as a client or a request, only the kind is written: it
// may hold whatever somebody typed.
func known(v any) slog.Value {
	switch v := v.(type) {
	case nil:
		return slog.AnyValue(nil)
	case error:
		return slog.StringValue(Text(v.Error()))
	case []string:
		clean := make([]string, len(v))
		for i, text := range v {
			clean[i] = Text(text)
		}
		return slog.AnyValue(clean)
	case *url.URL:
		return slog.StringValue(Text(v.String()))
	}
	switch of := reflect.ValueOf(v); of.Kind() {
	case reflect.String:
		return slog.StringValue(Text(of.String()))
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64,
		reflect.Float32, reflect.Float64:
		return slog.StringValue(Text(fmt.Sprint(v)))
	}
	return slog.StringValue(fmt.Sprintf("[%T]", v))
}

// personal reports whether a value is withheld for the name it is logged under,
// whatever it is.
func personal(key string) bool {
	for word := range strings.FieldsFuncSeq(strings.ToLower(key), func(r rune) bool { return r == '_' || r == '-' || r == '.' || r == ' ' }) {
		switch word {
		case "name", "names", "email", "mail", "phone", "telephone", "address", "street", "recipient", "recipients", "to", "from", "sender", "login", "user", "client", "person",
			"subject", "text", "body", "note", "reason", "summary", "password", "passphrase", "secret", "token", "cookie", "authorization", "signature", "query", "url", "uri", "ip":
			return true
		}
	}
	return false
}
