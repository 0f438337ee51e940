package access

import (
	"strings"

	"datalek/incidents/access"
)

// shown says what of people a route shows.
type shown struct {
	what access.What
	// client and place name the parameters of the address that say whose data it
	// is, and through what it is looked at; "" for none.
	client, place string
}

// apiPrefix begins the machines' routes, which show what pages of the same name do.
const apiPrefix = "/api/v1"

// Shows reports whether a look at a route, such as "/clients/:id", is kept: it
// shows people.
func Shows(route string) bool {
	_, some := shownAt(route)
	return some
}

// shownAt returns what a route shows of people; false for one that shows nobody.
func shownAt(route string) (shown, bool) {
	path := strings.TrimPrefix(route, apiPrefix)
	if s, found := table()[path]; found {
		return s, true
	}
	for _, part := range []struct {
		prefix string
		shown  shown
	}{
		{"/clients/imports/", shown{what: access.Import, place: "id"}},
		{"/clients/:id", shown{what: access.Client, client: "id"}},
		{"/notices/:id", shown{what: access.Message, place: "id"}},
		{"/deliveries/:id", shown{what: access.Message, place: "id"}},
		{"/requests/new", shown{what: access.Request}},
		{"/requests/:id", shown{what: access.Request, place: "id"}},
		{"/questions/:id", shown{what: access.Question, place: "id"}},
		{"/triage/:id", shown{what: access.Report, place: "id"}},
		{"/incidents/new", shown{what: access.Case}},
		{"/mis-sent/new", shown{what: access.Case}},
		{"/incidents/:id", shown{what: access.Case, place: "id"}},
		{"/retention/", shown{what: access.Clients}},
	} {
		if strings.HasPrefix(path, part.prefix) {
			return part.shown, true
		}
	}
	return shown{}, false
}

// table is what single routes show.
func table() map[string]shown {
	ofCase := func(what access.What) shown { return shown{what: what, place: "id"} }
	one := shown{what: access.Affected, client: "client", place: "id"}
	return map[string]shown{
		"/clients":                        {what: access.Clients},
		"/own":                            {what: access.Clients},
		"/own/clients/:id":                {what: access.Client, client: "id"},
		"/own/incidents/:id":              ofCase(access.Affected),
		"/sample/:id":                     ofCase(access.Case),
		"/clients/import":                 {what: access.Import},
		"/clients/imports":                {what: access.Import},
		"/settings/access":                {what: access.Clients},
		"/incidents/:id/affected":         ofCase(access.Affected),
		"/incidents/:id/whose":            ofCase(access.Affected),
		"/incidents/:id/affected/:client": one,
		"/incidents/:id/affected/:client/decision":     one,
		"/incidents/:id/preliminary/:audience/readers": ofCase(access.Message),
		"/incidents/:id/calls":                         ofCase(access.Calls),
		"/incidents/:id/calls/print":                   ofCase(access.Calls),
		"/notices/:id/calls":                           ofCase(access.Calls),
		"/notices/:id/letters":                         ofCase(access.Calls),
		"/notices/:id/letters.pdf":                     ofCase(access.Export),
		"/deliveries/:id/letter.pdf":                   ofCase(access.Export),
		"/incidents/:id/questions":                     ofCase(access.Question),
		"/questions":                                   {what: access.Question},
		"/requests":                                    {what: access.Request},
		"/requests/:id/export":                         ofCase(access.Export),
		"/incidents/:id/file/bundle":                   ofCase(access.Export),
		"/incidents/:id/case-file":                     ofCase(access.Export),
		"/reports":                                     {what: access.Report},
		"/triage":                                      {what: access.Report},
		"/processors/:id/reports":                      {what: access.Report},
		"/retention":                                   {what: access.Clients},
		"/returns":                                     {what: access.Message},
		"/register":                                    {what: access.Register},
		"/register/log":                                {what: access.Register},
		"/register/export":                             {what: access.Export},
		"/events":                                      {what: access.Register},
	}
}
