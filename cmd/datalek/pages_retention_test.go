package main_test

// retentionPages are the calendar of what must be destroyed, and one task of it with
// its people.
func (g *gallery) retentionPages() []view {
	g.t.Helper()
	var list struct {
		Items []struct {
			Month, System, State string
			Rolling              bool
		}
	}
	g.d.must(200, "GET", "/retention", nil, &list)
	views := []view{{name: "retention", path: "/retention"}, {name: "retention-unknown", path: "/retention/2020-01/none", status: 404}}
	for _, t := range list.Items {
		if place := "/retention/" + t.Month + "/" + t.System; !t.Rolling && t.State != "coming" {
			return append(views, view{name: "retention-task", path: place},
				view{name: "retention-refused", path: place, status: 422, act: func(p *person) { p.click("Bevestig") }})
		}
	}
	g.t.Error("the demo has nothing to destroy")
	return views
}
