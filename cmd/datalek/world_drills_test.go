package main_test

// makeDrill plays a drill in which nothing is done.
func (w *world) makeDrill(p *person) {
	p.t.Helper()
	begin(p, "lost-device")
	p.open("/drills")
	p.click("Stop en bekijk hoe het ging")
	w.drill = p.path()
}

// drillPages are the pages about drills; the last ones are inside of one.
func (w *world) drillPages() []view {
	return []view{{name: "drills", path: "/drills"}, {name: "drill-score", path: w.drill}, {name: "drill-mail", path: w.drill + "/mail"},
		{name: "drill-drop", path: w.drill + "/drop"},
		{name: "drill-home", path: "/drills", act: func(p *person) { begin(p, "") }},
		{name: "drill-here", path: "/drills"},
		{name: "drill-closed", path: "/register"},
		{name: "drill-left", path: "/drills", act: func(p *person) { p.click("Terug naar uw praktijk") }}}
}
