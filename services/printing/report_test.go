package printing_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"datalek/incidents/annual"
	"datalek/services/printing"
)

func paper(rows int) annual.Paper {
	p := annual.Paper{Language: "nl", Title: "Jaarverslag datalekken 2027", Head: []string{"Praktijk Proef", "Dit verslag noemt niemand."}}
	for part := range 4 {
		x := annual.PaperPart{Title: fmt.Sprintf("Deel %d", part)}
		for n := range rows {
			x.Rows = append(x.Rows, annual.PaperRow{Label: fmt.Sprintf("Een regel met een lang opschrift dat niet op één regel past, nummer %d", n), Value: "12", Share: 0.5, Sub: n%2 == 1})
		}
		x.Rows = append(x.Rows, annual.PaperRow{Label: "Klein", Value: "minder dan 5", Hidden: true})
		p.Parts = append(p.Parts, x)
	}
	return p
}

func TestAReportIsPrintedWholeWithItsTitlesAboveTheirRows(t *testing.T) {
	var out bytes.Buffer
	if err := printing.Report(&out, paper(20), made()); err != nil {
		t.Fatal(err)
	}
	pages := pagesOf(t, out.Bytes())
	if len(pages) < 3 {
		t.Fatalf("%d pages", len(pages))
	}
	rows := 0
	for i, lines := range pages {
		for n, line := range lines {
			if line.y > 290 || line.x < 20 {
				t.Errorf("page %d: %q stands at %.0f, %.0f", i, line.text, line.x, line.y)
			}
			if strings.HasPrefix(line.text, "Deel ") && n > len(lines)-4 {
				t.Errorf("page %d ends with the title %q", i, line.text)
			}
			if line.text == "12" || line.text == "minder dan 5" {
				rows++
			}
		}
		if last := lines[len(lines)-1].text; last != fmt.Sprintf("Pagina %d van %d", i+1, len(pages)) {
			t.Errorf("page %d ends with %q", i, last)
		}
	}
	if rows != 4*21 {
		t.Errorf("%d values, want %d", rows, 4*21)
	}
}

func TestAHiddenCountIsPrintedTheSameWhateverItsBar(t *testing.T) {
	drawn := func(share float64) []byte {
		var out bytes.Buffer
		p := annual.Paper{Language: "nl", Title: "x", Parts: []annual.PaperPart{{Title: "y", Rows: []annual.PaperRow{{Label: "z", Value: "minder dan 5", Share: share, Hidden: true}}}}}
		if err := printing.Report(&out, p, made()); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	if !bytes.Equal(drawn(0.01), drawn(0.9)) {
		t.Error("the paper tells what it hides")
	}
}
