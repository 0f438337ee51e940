package annual

import (
	"strconv"

	"github.com/labstack/echo/v4"

	"datalek/incidents/annual"
	"datalek/web/page"
	"datalek/web/parts"
	"datalek/web/picture"
)

// value is a count, or why it is not shown.
func value(c echo.Context, cell annual.Cell) string {
	if words := hiddenWords(c, cell); words != "" {
		return words
	}
	return page.FormatNumber(page.Lang(c), int64(cell.Count))
}

// hiddenWords stand in place of a hidden count; "" for one that is shown.
func hiddenWords(c echo.Context, cell annual.Cell) string {
	if cell.Hiding == annual.Shown {
		return ""
	}
	return page.T(c, "annual."+string(cell.Hiding))
}

// facts are the figures on top. Nothing stands in place of what cannot be told.
func facts(c echo.Context, r annual.Report) []parts.Row {
	row := func(key, text string) parts.Row { return parts.Row{Key: page.T(c, "annual.fact."+key), Value: text} }
	list := []parts.Row{row("cases", value(c, r.Total))}
	if !r.Divided {
		return list
	}
	orUnknown := func(known, none bool, text string) string {
		switch {
		case none:
			return page.T(c, "annual.none")
		case !known:
			return page.T(c, "annual.withheld")
		default:
			return text
		}
	}
	noneTold, noneTimed, noneFiled := r.Telling.None(annual.InTime, annual.TooLate, annual.Untimed), r.Telling.None(annual.InTime, annual.TooLate), r.Filing.None(annual.InTime, annual.TooLate)
	hours := func(n int) string { return page.T(c, "annual.hours", "n", n) }
	share := func(n int) string { return page.T(c, "annual.percent", "percent", n) }
	refused, some := r.Filing.Cell(string(annual.NotNotifiable))
	return append(list, row("told", value(c, r.PersonsTold)), row("median", orUnknown(r.HasHours, noneTold, hours(r.MedianHours))),
		row("most", orUnknown(r.HasHours, noneTold, hours(r.MostHours))), row("told_share", orUnknown(r.HasToldShare, noneTimed, share(r.ToldInTime))),
		row("filed_share", orUnknown(r.HasFiledShare, noneFiled, share(r.FiledInTime))), row("not_notifiable", orUnknown(some, false, value(c, refused))),
		row("measures", value(c, r.OpenMeasures)))
}

// kindTitle names a kind of breach.
func (a *Area) kindTitle(c echo.Context, id string) string {
	if p, known := a.opts.Book.Playbook(id); known {
		return p.Title[page.Lang(c)]
	}
	return page.T(c, "annual.kind.other")
}

// causes are the causes with cases, each with its kinds below it.
func (a *Area) causes(c echo.Context, r annual.Report) []picture.Rung {
	var list []picture.Reading
	sub := map[int]bool{}
	for _, g := range r.Causes {
		if g.Cause.Hiding == annual.Shown && g.Cause.Count == 0 {
			continue
		}
		list = append(list, reading(c, page.T(c, "annual.cause."+g.Cause.ID), g.Cause))
		for _, k := range g.Kinds.Cells {
			if len(g.Kinds.Cells) > 1 && (k.Count > 0 || k.Hiding != annual.Shown) {
				sub[len(list)] = true
				list = append(list, reading(c, a.kindTitle(c, k.ID), k))
			}
		}
	}
	return picture.DrawRungs(list, func(i int) bool { return sub[i] })
}

func reading(c echo.Context, text string, cell annual.Cell) picture.Reading {
	return picture.Reading{Text: text, Count: cell.Count, Words: hiddenWords(c, cell)}
}

func months(c echo.Context, r annual.Report) picture.Columns {
	var list []picture.Reading
	for i, cell := range r.Months.Cells {
		one := reading(c, page.MonthName(page.Lang(c), i+1), cell)
		one.Short = page.ShortMonthName(page.Lang(c), i+1)
		list = append(list, one)
	}
	return picture.DrawColumns(list)
}

// tones are the shades of a table's classes, in their order.
func tones(name string) []picture.Tone {
	switch name {
	case "telling":
		return []picture.Tone{picture.ToneStrong, picture.ToneLate, picture.ToneMiddle, picture.ToneSoon, picture.ToneLight}
	case "filing":
		return []picture.Tone{picture.ToneStrong, picture.ToneLate, picture.ToneMiddle, picture.ToneLight, picture.ToneSoon}
	default:
		return []picture.Tone{picture.ToneStrong, picture.ToneMiddle, picture.ToneLight, picture.ToneSoon, picture.ToneEmpty}
	}
}

// tableOf draws a table. What is hidden stands in one part together: its sum is
// known anyway from the total.
func tableOf(c echo.Context, name string, t annual.Table, total int) divided {
	d := divided{Name: name, Title: page.T(c, "annual."+name+".title"), Head: page.T(c, "annual."+name+".head"), Merged: t.Merged}
	var bar []picture.Part
	left := total
	for i, cell := range t.Cells {
		left -= cell.Count
		part := picture.Part{Text: page.T(c, "annual."+name+"."+cell.ID), Count: cell.Count, Words: hiddenWords(c, cell), Tone: tones(name)[i]}
		if part.Words != "" {
			part.Tone = picture.ToneEmpty
		}
		bar = append(bar, part)
	}
	if left > 0 {
		bar = append(bar, picture.Part{Text: page.T(c, "annual.together"), Count: left, Tone: picture.ToneEmpty})
	}
	d.Bar = picture.DrawStackedBar(bar)
	return d
}

// paper is the whole report in words, for paper and spreadsheets.
func (a *Area) paper(c echo.Context, r annual.Report) annual.Paper {
	p := annual.Paper{Language: page.Lang(c), Title: page.T(c, "annual.title", "year", strconv.Itoa(r.Year)),
		Head: []string{page.Practice(c).Details.Name + " · " + page.MadeLine(c), page.T(c, "annual.anonymous")}}
	top := annual.PaperPart{Title: page.T(c, "annual.facts")}
	for _, f := range facts(c, r) {
		top.Rows = append(top.Rows, annual.PaperRow{Label: f.Key, Value: f.Value})
	}
	p.Parts = append(p.Parts, top)
	if !r.Divided {
		return p
	}
	causes := annual.PaperPart{Title: page.T(c, "annual.causes"), Text: mergedText(c, r.CausesMerged)}
	for _, g := range a.causes(c, r) {
		causes.Rows = append(causes.Rows, annual.PaperRow{Label: g.Text, Value: wordsOr(c, g.Words, g.Count), Sub: g.Sub, Hidden: g.Hidden, Share: float64(g.Width) / 100})
	}
	p.Parts = append(p.Parts, causes)
	for _, name := range []string{"telling", "filing", "nature"} {
		p.Parts = append(p.Parts, tablePaper(c, name, map[string]annual.Table{"telling": r.Telling, "filing": r.Filing, "nature": r.Natures}[name], r.Total.Count))
	}
	byMonth := annual.PaperPart{Title: page.T(c, "annual.months"), Text: mergedText(c, r.Months.Merged)}
	for _, m := range months(c, r).Items {
		byMonth.Rows = append(byMonth.Rows, annual.PaperRow{Label: m.Text, Value: wordsOr(c, m.Words, m.Count), Hidden: m.Hidden, Share: float64(m.Height) / 100})
	}
	return annual.Paper{Language: p.Language, Title: p.Title, Head: p.Head, Parts: append(p.Parts, byMonth)}
}

func tablePaper(c echo.Context, name string, t annual.Table, total int) annual.PaperPart {
	part := annual.PaperPart{Title: page.T(c, "annual."+name+".title"), Text: mergedText(c, t.Merged)}
	for _, cell := range t.Cells {
		row := annual.PaperRow{Label: page.T(c, "annual."+name+"."+cell.ID), Value: value(c, cell), Hidden: cell.Hiding != annual.Shown}
		if !row.Hidden && total > 0 {
			row.Share = float64(cell.Count) / float64(total)
		}
		part.Rows = append(part.Rows, row)
	}
	return part
}

func mergedText(c echo.Context, merged bool) string {
	if !merged {
		return ""
	}
	return page.T(c, "annual.merged")
}

func wordsOr(c echo.Context, words string, n picture.Count) string {
	if words != "" {
		return words
	}
	return n.Figure(page.Lang(c))
}
