package parts

// Frame is what templates/layout.html needs around every page. Page data
// embeds it, so that {{.Title}} reaches it from the page's own template too.
type Frame struct {
	Title     string   // translated; shown in the browser's title before " - datalek"
	HasFaults bool     // puts "Fout: " before the title
	Practice  string   // the practice's name; empty before login
	Account   string   // the name of who is logged in; empty hides the log-out form
	Home      string   // where the word mark leads; empty means "/"
	Nav       []Link   // main navigation; empty hides it
	Languages []Link   // one link per language; Code and Current are used
	Back      Link     // the back link above the heading; zero hides it
	Mailbox   string   // address of the demo's mailbox page; empty outside the demo
	Drill     bool     // draws the striped bar that says this is an exercise
	Notices   []Notice // flash messages, shown above the page
	Reminders []Notice // what can wait, shown below the page
	Alarm     string   // one sentence when the keeper of the clocks does not live; empty when all is well
	Wide      bool     // the page uses the whole width instead of one 42 rem column
	PrintLine string   // reference and time, repeated at the foot of each printed page
}

// Link is a link with its words. Code is the BCP 47 tag of a language link and
// empty elsewhere; Current marks the page one is on.
type Link struct {
	Href, Text, Code string
	Current          bool
}

// Notice is a message about what just happened.
type Notice struct {
	Kind  string // "success", "info" or "warning"
	Title string // empty takes the word of the kind
	Text  string
	Link  Link // zero means no link
}
