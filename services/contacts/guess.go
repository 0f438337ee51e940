package contacts

import (
	"slices"
	"strings"

	"datalek/incidents/registry"
	"datalek/incidents/roster"
)

// layoutOf recognises Outlook's and Google's CSV by headers that only they have.
func layoutOf(found roster.Format, headers []string) roster.Format {
	if found != roster.CSV {
		return found
	}
	has := map[string]bool{}
	for _, h := range headers {
		has[roster.Plain(h)] = true
	}
	switch {
	case has["email1value"] || has["phone1value"] || has["givenname"] && has["yominame"]:
		return roster.Google
	case has["email2address"] || has["businessphone"] && has["mobilephone"], has["weergavenaamvooremail"], has["mobieletelefoon"] && (has["telefoonopwerk"] || has["telefoonthuis"] && has["voornaam"]):
		return roster.Outlook
	}
	return found
}

// layoutHeaders are the headers that Outlook (desktop and web, English and
// Dutch) and Google (before and since 2024) use for what is taken. What stands
// at work is left out: a letter or call there may tell a colleague.
func layoutHeaders() map[string]roster.Field {
	return map[string]roster.Field{
		// Google
		"givenname": roster.GivenName, "additionalname": roster.MiddleName, "familyname": roster.FamilyName,
		"email1value": roster.Email, "email2value": roster.Email2, "phone1value": roster.Phone, "phone2value": roster.Phone2,
		"address1street": roster.Street, "address1city": roster.City, "address1postalcode": roster.Postcode, "address1country": roster.Country,
		"organizationname": roster.Organisation, "organization1name": roster.Organisation,
		// Outlook in English
		"email2address": roster.Email2, "mobilephone": roster.Phone, "homephone": roster.Phone2, "primaryphone": "",
		"homestreet": roster.Street, "homecity": roster.City, "homepostalcode": roster.Postcode, "homecountryregion": roster.Country, "homecountry": roster.Country,
		// Outlook in Dutch
		"emailadres2": roster.Email2, "telefoonthuis": roster.Phone2, "huisadresstraat": roster.Street, "straatthuis": roster.Street, "straatwoonadres": roster.Street,
		"huisadresplaats": roster.City, "plaatsthuis": roster.City, "plaatswoonadres": roster.City,
		"huisadrespostcode": roster.Postcode, "postcodethuis": roster.Postcode, "postcodewoonadres": roster.Postcode,
		"landregiothuis": roster.Country, "landthuis": roster.Country, "landregiowoonadres": roster.Country,
		"email2": roster.Email2, "mobielnummer": roster.Phone, "initialen": "",
	}
}

func headerField(known map[string]roster.Field, header string) roster.Field {
	plain := roster.Plain(header)
	if f, ok := layoutHeaders()[plain]; ok {
		return f
	}
	return known[plain]
}

// guess fills in what each column is taken for: by its header, else by the look
// of its values, and what is refused by either. Of two columns for one field
// the first counts.
func guess(p *roster.Proposal, headers []string) {
	known, layout := roster.ByHeader(), layoutHeaders()
	taken := map[roster.Field]bool{}
	for i := range p.Columns {
		c := &p.Columns[i]
		field, ours := layout[roster.Plain(headers[i])]
		if !ours {
			field = known[roster.Plain(headers[i])]
		}
		values := column(p.Sample, i)
		if c.Refused = roster.RefusedHeader(headers[i]); c.Refused != "" {
			continue
		}
		if field != roster.Phone && field != roster.Phone2 {
			if c.Refused = roster.Suspect(values); c.Refused != "" {
				continue
			}
		}
		if field != "" && !taken[field] {
			c.Guess, taken[field] = field, true
		}
	}
	if p.Format == roster.CSV || p.Format == roster.XLSX {
		guessValues(p, headers, taken)
	}
}

// guessValues takes a column by the look of its values, where its header says
// nothing else: an address under "huisarts" is not the client's.
func guessValues(p *roster.Proposal, headers []string, taken map[roster.Field]bool) {
	for _, look := range []struct {
		field roster.Field
		is    func(string) bool
		words []string
	}{
		{roster.Email, registry.ValidEmail, []string{"mail"}},
		{roster.Phone, telephone, []string{"tel", "phone", "gsm", "mobiel"}},
	} {
		for i := range p.Columns {
			c, header := &p.Columns[i], roster.Plain(headers[i])
			ours := !somebodyElse(header) && (strings.Trim(header, "0123456789") == "" || slices.ContainsFunc(look.words, func(w string) bool { return strings.HasPrefix(header, w) }))
			if ours && !taken[look.field] && c.Guess == "" && c.Refused == "" && mostly(column(p.Sample, i), look.is) {
				c.Guess, taken[look.field] = look.field, true
			}
		}
	}
}

// somebodyElse reports whether a header speaks of another person, or of work.
func somebodyElse(header string) bool {
	return slices.ContainsFunc([]string{"arts", "ouder", "moeder", "vader", "parent", "mother", "father", "partner", "spouse", "verwijzer", "referr", "nood", "emergency", "school",
		"werk", "work", "business", "zaak", "fax", "kind", "child"}, func(w string) bool { return strings.Contains(header, w) })
}

func column(rows []roster.Row, at int) []string {
	var values []string
	for _, row := range rows {
		if at < len(row.Columns) {
			values = append(values, row.Columns[at])
		}
	}
	return values
}

func mostly(values []string, is func(string) bool) bool {
	filled, fit := 0, 0
	for _, v := range values {
		if v != "" {
			filled++
			if is(v) {
				fit++
			}
		}
	}
	return filled > 0 && fit*10 >= filled*8
}

// telephone reports whether text looks like a whole phone number.
func telephone(text string) bool {
	return (strings.HasPrefix(text, "0") || strings.HasPrefix(text, "+")) && len(roster.PhoneKey(text)) == 9 && !strings.ContainsFunc(text, func(r rune) bool {
		return !strings.ContainsRune("0123456789+-/(). ", r)
	})
}
