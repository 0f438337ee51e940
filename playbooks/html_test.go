package playbooks_test

import (
	"html"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"datalek/incidents"
	"datalek/playbooks"

	"github.com/google/go-cmp/cmp"
)

var (
	bodyOf = regexp.MustCompile(`(?s)<body[^>]*>(.*)</body>`)
	tag    = regexp.MustCompile(`<[^>]*>`)
)

// shown returns the words that a mail program shows.
func shown(page string) []string {
	body := bodyOf.FindStringSubmatch(page)
	if body == nil {
		return nil
	}
	inline := regexp.MustCompile(`</?a[^>]*>`).ReplaceAllString(body[1], "")
	return strings.Fields(html.UnescapeString(tag.ReplaceAllString(inline, " ")))
}

// written returns the words of the plain text; the mark of a list item is drawn in the page.
func written(body string) []string {
	return strings.Fields(strings.ReplaceAll("\n"+body, "\n- ", "\n"))
}

func TestThePageHasTheSameWordsAsTheText(t *testing.T) {
	for _, n := range allTexts(t) {
		if diff := cmp.Diff(written(n.text.Body), shown(playbooks.HTML(n.text))); diff != "" {
			t.Errorf("%s (-text +page):\n%s", n.name(), diff)
		}
	}
}

func TestThePageHasNothingToLoadAndNothingToLogInTo(t *testing.T) {
	href := regexp.MustCompile(`href="([^"]*)"`)
	for _, n := range allTexts(t) {
		page := playbooks.HTML(n.text)
		for _, never := range []string{"<img", "<button", "<form", "<script", "<link", "http:", "https:", "url(", "@import", "ZgotmplZ"} {
			if strings.Contains(page, never) {
				t.Errorf("%s: the page has %q", n.name(), never)
			}
		}
		for _, link := range href.FindAllStringSubmatch(page, -1) {
			if !strings.HasPrefix(link[1], "tel:") && !strings.HasPrefix(link[1], "mailto:") {
				t.Errorf("%s: the page links to %q", n.name(), link[1])
			}
		}
		if !strings.Contains(page, `<html lang="`+n.text.Language+`"`) {
			t.Errorf("%s: the page does not name its language", n.name())
		}
	}
}

func TestWhatIsALink(t *testing.T) {
	for _, tt := range []struct{ line, want string }{
		{"Bel 06 00000001 of mail.", `<a href="tel:0600000001"`},
		{"Telefoon: +31 6 12345678 (maandag)", `>&#43;31 6 12345678</a> (maandag)`},
		{"Telefoon: +31 (0)88 180 52 50", `<a href="tel:&#43;31881805250"`},
		{"Telefoon: 088-1805250.", `<a href="tel:0881805250"`},
		{"Mail naar ida.voorbeeld+x@post.example.", `<a href="mailto:ida.voorbeeld&#43;x@post.example"`},
		{"Op 08-03-2027 14.30 uur", ""},
		{"Van 09.00 tot 17.00 uur", ""},
		{"Rekening NL91 ABNA 0417 1643 00", ""},
		{"Nummer 123456789", ""},
		{"Ga naar javascript:alert(1)", ""},
	} {
		page := playbooks.HTML(incidents.Text{Language: "nl", Subject: "x", Body: tt.line + "\n"})
		if has := strings.Contains(page, "<a "); has != (tt.want != "") || !strings.Contains(page, tt.want) {
			t.Errorf("%q: want link %q in:\n%s", tt.line, tt.want, bodyOf.FindString(page))
		}
	}
}

func TestAnEditedTextCannotBreakThePage(t *testing.T) {
	nasty := incidents.Text{Language: `nl" onload="x`, Subject: "</title><script>1</script>",
		Body: "<script>alert(1)</script>\n\n\n\n- <img src=x onerror=x>\r\n\r\n  a&b \"c\" 'd'\n- not\nlist\n\"><b@x.example"}
	page := playbooks.HTML(nasty)
	for _, never := range []string{"<script", "<img", `" onload`, "<b@"} {
		if strings.Contains(page, never) {
			t.Errorf("the page has %q", never)
		}
	}
	if diff := cmp.Diff(written(strings.ReplaceAll(nasty.Body, "\r", "")), shown(page)); diff != "" {
		t.Errorf("words (-text +page):\n%s", diff)
	}
}

func TestAnEmptyTextIsAnEmptyPage(t *testing.T) {
	if words := shown(playbooks.HTML(incidents.Text{Language: "nl"})); len(words) != 0 {
		t.Errorf("got %q", words)
	}
}

// luminance and contrast are WCAG 2.2's.
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatalf("colour %s: %v", colour, err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func TestThePageCanBeReadInTheLightAndInTheDark(t *testing.T) {
	page := playbooks.HTML(incidents.Text{Language: "nl", Subject: "x", Body: "Bel 06 00000001.\n"})
	colour := func(pattern string) string {
		found := regexp.MustCompile(pattern).FindStringSubmatch(page)
		if found == nil {
			t.Fatalf("the page has no colour like %s", pattern)
		}
		return found[1]
	}
	light, dark := colour(`background-color:(#[0-9a-f]{6});`), colour(`background-color: (#[0-9a-f]{6}) !important`)
	for name, pair := range map[string][2]string{
		"text in the light": {colour(`;color:(#[0-9a-f]{6});`), light},
		"link in the light": {colour(`<a [^>]*color:(#[0-9a-f]{6})`), light},
		"line in the light": {colour(`border-top:4px solid (#[0-9a-f]{6})`), light},
		"text in the dark":  {colour(`[^-]color: (#[0-9a-f]{6}) !important`), dark},
		"link in the dark":  {colour(`a { color: (#[0-9a-f]{6}) !important`), dark},
	} {
		if ratio := contrast(t, pair[0], pair[1]); ratio < 4.5 {
			t.Errorf("%s: %s on %s is %.1f to 1, want 4.5", name, pair[0], pair[1], ratio)
		}
	}
}
