package page

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents/registry"
	"datalek/web/parts"
)

// View is the frame of a page. Page data embeds it and is handed to Render as
// a pointer.
type View struct {
	parts.Frame
}

func (v *View) view() *View { return v }

// framed is page data that embeds View.
type framed interface{ view() *View }

// NewView returns a frame with the translated title under key.
func NewView(c echo.Context, key string, pairs ...any) View {
	return View{parts.Frame{Title: T(c, key, pairs...)}}
}

// BackTo sets the back link above the heading.
func (v View) BackTo(href string) View {
	v.Back = parts.Link{Href: href}
	return v
}

// Broad lets the page use the whole width.
func (v View) Broad() View {
	v.Wide = true
	return v
}

// Render answers with the page under name ("desk/home.html"), in its frame. A
// status of 422 marks the title as faulty.
func (s *Site) Render(c echo.Context, status int, name string, data framed) error {
	if hidden := hides(data); hidden != "" {
		return fmt.Errorf("render %s: the page's own %s hides the frame's; give it another name", name, hidden)
	}
	s.fill(c, data.view(), status)
	return s.execute(c, status, name, "layout", data)
}

// Fragment answers with one template that the page defines, without the frame.
func (s *Site) Fragment(c echo.Context, status int, name, part string, data any) error {
	return s.execute(c, status, name, part, data)
}

func (s *Site) execute(c echo.Context, status int, name, part string, data any) error {
	var out bytes.Buffer
	if err := s.pages.execute(&out, name, part, requestOf(c), data); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.HTMLBlob(status, out.Bytes())
}

// hides returns the name of a field with which page data covers one of the
// frame's, "" when there is none.
func hides(data framed) string {
	t := reflect.TypeOf(data).Elem()
	frame := reflect.TypeFor[parts.Frame]()
	for i := range frame.NumField() {
		f, _ := t.FieldByName(frame.Field(i).Name)
		if len(f.Index) < 3 { // at least the View, its Frame and the field itself
			return frame.Field(i).Name
		}
	}
	return ""
}

// fill completes what the frame shows of the request.
func (s *Site) fill(c echo.Context, v *View, status int) {
	if err := s.identify(c); err != nil {
		s.opts.Log.Warn("the frame does not know who looks", "route", c.Path(), "error", err)
	}
	v.HasFaults = v.HasFaults || status == http.StatusUnprocessableEntity
	v.Languages = languageLinks(c)
	if s.opts.Demo != nil {
		v.Mailbox = s.opts.Demo.MailboxURL
	}
	v.Notices = append(v.Notices, s.takeNotices(c)...)
	r := requestOf(c)
	v.Drill = v.Drill || r.drill || r.home != nil
	if r.user == nil || r.practice == nil {
		return
	}
	v.Account, v.Nav = r.user.Name, s.nav(c)
	if v.Practice == "" {
		v.Practice = r.practice.Details.Name
	}
	v.Alarm = s.alarm(c)
	s.remind(c, v)
}

// alarm says what is not well with the program itself, the worst first.
func (s *Site) alarm(c echo.Context) string {
	ctx := c.Request().Context()
	if keeps := s.opts.StoreKeeps; keeps != nil && !keeps(ctx) {
		return T(c, "core.alarm.store")
	}
	if alive := s.opts.KeeperLives; alive != nil && !alive(ctx) {
		return T(c, "core.alarm.keeper")
	}
	return ""
}

func (s *Site) nav(c echo.Context) []parts.Link {
	var links []parts.Link
	here := c.Request().URL.Path
	drill := requestOf(c).home != nil
	for _, item := range s.opts.Nav {
		if !item.stands(RoleOf(c)) || item.Drill != drill && (item.Drill || outsideDrill(item.Href)) {
			continue
		}
		links = append(links, parts.Link{Href: item.Href, Text: T(c, item.Key), Current: item.holds(here)})
	}
	return links
}

// pageSet holds the page templates. Each page is parsed when it is first
// asked for; sets that are not in use return to a pool, since a set's
// functions speak for one request at a time.
type pageSet struct {
	files fs.FS
	base  *template.Template
	pools map[string]*sync.Pool
}

// voice is one parsed page and the request it speaks for.
type voice struct {
	page    *template.Template
	request *request
}

func newPages(files fs.FS, assets *assetSet) (*pageSet, error) {
	set := &pageSet{files: files, pools: map[string]*sync.Pool{}}
	base := template.New("").Funcs((&voice{}).functions(assets))
	base, err := base.ParseFS(files, "layout.html", "parts/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse the frame: %w", err)
	}
	set.base = base
	names, err := pageNames(files)
	for _, name := range names {
		set.pools[name] = &sync.Pool{New: func() any {
			v := &voice{}
			page, err := set.parse(name, v, assets)
			if err != nil {
				return err
			}
			v.page = page
			return v
		}}
	}
	return set, err
}

// pageNames lists the pages: everything but the frame, the parts and files
// whose names begin with an underscore.
func pageNames(files fs.FS) ([]string, error) {
	var names []string
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		page := err == nil && !entry.IsDir() && path.Ext(name) == ".html" && path.Dir(name) != "." &&
			path.Dir(name) != "parts" && !strings.HasPrefix(path.Base(name), "_")
		if page {
			names = append(names, name)
		}
		return err
	})
	return names, err
}

func (p *pageSet) parse(name string, v *voice, assets *assetSet) (*template.Template, error) {
	set, err := p.base.Clone()
	if err != nil {
		return nil, fmt.Errorf("copy the frame: %w", err)
	}
	set.Funcs(v.functions(assets))
	shared, err := fs.Glob(p.files, path.Dir(name)+"/_*.html")
	if err != nil {
		return nil, fmt.Errorf("list what %s shares: %w", name, err)
	}
	if set, err = set.ParseFS(p.files, append(shared, name)...); err != nil {
		return nil, fmt.Errorf("parse %s: %w", name, err)
	}
	return set, nil
}

func (p *pageSet) execute(out *bytes.Buffer, name, part string, r *request, data any) error {
	pool, known := p.pools[name]
	if !known {
		return fmt.Errorf("no page %q", name)
	}
	taken := pool.Get()
	v, ok := taken.(*voice)
	if !ok {
		return taken.(error)
	}
	v.request = r
	err := v.page.ExecuteTemplate(out, part, data)
	v.request = nil
	pool.Put(v)
	return err
}

// functions are what every template may call; see layout.html.
func (v *voice) functions(assets *assetSet) template.FuncMap {
	return template.FuncMap{
		"t":       func(key string, pairs ...any) string { return v.request.site.words.T(v.request.lang, key, pairs...) },
		"lang":    func() string { return v.request.lang },
		"nonce":   func() string { return v.request.nonce },
		"asset":   assets.address,
		"instant": func(t time.Time) string { return FormatInstant(v.request.lang, t, v.request.where()) },
		"moment":  func(t time.Time) string { return FormatMoment(v.request.lang, t, v.request.where()) },
		"short":   func(t time.Time) string { return FormatShort(v.request.lang, t, v.request.where()) },
		"day":     func(d registry.Date) string { return FormatDay(v.request.lang, d) },
		"dayof":   func(t time.Time) string { return FormatDay(v.request.lang, registry.DateOf(t, v.request.where())) },
		"number":  func(n any) (string, error) { return formatAny(v.request.lang, n) },
		"dict":    dict,
		"once":    onceField,
		"leads":   func(href string) bool { return v.request.leads(http.MethodGet, href) },
		"acts":    func(href string) bool { return v.request.leads(http.MethodPost, href) },
		"may":     func(a string) bool { return v.request.role().May(registry.Action(a)) },
		"field":   field,
	}
}

func formatAny(lang string, n any) (string, error) {
	switch n := n.(type) {
	case int:
		return FormatNumber(lang, int64(n)), nil
	case int64:
		return FormatNumber(lang, n), nil
	default:
		return "", fmt.Errorf("number: %T is no whole number", n)
	}
}

func (r *request) where() *time.Location {
	if r.zone != nil {
		return r.zone
	}
	return amsterdam()
}
