package roster

import (
	"slices"
	"strings"
)

// Format says how a list is written.
type Format string

// The formats. Outlook and Google are CSV with a layout that is known.
const (
	Auto    Format = "auto" // find out from the file's beginning
	CSV     Format = "csv"
	Outlook Format = "outlook"
	Google  Format = "google"
	VCard   Format = "vcard" // 2.1, 3.0 (RFC 2426) and 4.0 (RFC 6350)
	XLSX    Format = "xlsx"
)

// Formats returns every format that may be asked for.
func Formats() []Format { return []Format{Auto, CSV, Outlook, Google, VCard, XLSX} }

// Field is what one column of a list is taken for; "" takes nothing.
type Field string

// The fields. Names and addresses come whole or in parts.
const (
	ExternalID   Field = "external_id"
	Name         Field = "name"
	GivenName    Field = "given_name"
	MiddleName   Field = "middle_name" // particles ("van der") or further names
	FamilyName   Field = "family_name"
	Email        Field = "email"
	Email2       Field = "email_2" // read when Email is empty
	Phone        Field = "phone"
	Phone2       Field = "phone_2" // read when Phone is empty
	Address      Field = "postal_address"
	Street       Field = "street"
	HouseNumber  Field = "house_number"
	Postcode     Field = "postcode"
	City         Field = "city"
	Country      Field = "country"
	Language     Field = "language"
	Relation     Field = "relation"
	BirthYear    Field = "birth_year"
	BirthDate    Field = "birth_date" // its year alone is kept, of minors
	Guardians    Field = "guardians"
	Channel      Field = "channel"
	From         Field = "guidance_from"
	Until        Field = "guidance_until"
	Coach        Field = "coach"
	Organisation Field = "organisation" // tells an organisation from a person; never kept
)

// Headers are the names a field's column goes by, in lower case, the API's own
// first.
type Headers struct {
	Field Field
	Names []string
}

// KnownHeaders returns every field in the order in which forms show them, with
// what Dutch and English lists call it.
func KnownHeaders() []Headers {
	var all []Headers
	for _, h := range []struct {
		field Field
		names string
	}{
		{ExternalID, "external_id|nummer|cliëntnummer|clientnummer|klantnummer|dossiernummer|number|client number|id"},
		{Name, "name|naam|volledige naam|full name|cliënt|client|weergavenaam|display name"},
		{GivenName, "given_name|voornaam|roepnaam|first name|given name|voorletters"},
		{MiddleName, "middle_name|tussenvoegsel|tussenvoegsels|voorvoegsel|middelste naam|tweede naam|middle name|additional name|infix"},
		{FamilyName, "family_name|achternaam|familienaam|last name|surname|family name"},
		{Email, "email|e-mail|e-mailadres|emailadres|mail|mailadres|email address|e-mail address"},
		{Email2, "email_2|e-mailadres 2|e-mail 2 address|tweede e-mailadres"},
		{Phone, "phone|telefoon|telefoonnummer|mobiel|mobiele telefoon|mobiel nummer|gsm|tel|telephone|mobile|mobile phone|phone number"},
		{Phone2, "phone_2|telefoon thuis|vaste telefoon|telefoon 2|home phone|telefoon privé"},
		{Address, "postal_address|adres|postadres|address|postal address"},
		{Street, "street|straat|straatnaam|straat en huisnummer|huisadres, straat|home street"},
		{HouseNumber, "house_number|huisnummer|huisnr|house number"},
		{Postcode, "postcode|huisadres, postcode|postal code|zip|zip code|home postal code"},
		{City, "city|plaats|woonplaats|stad|gemeente|huisadres, plaats|home city|town"},
		{Country, "country|land|home country/region|land/regio (thuis)"},
		{Language, "language|taal|voertaal"}, {Relation, "relation|relatie|soort"},
		{BirthYear, "birth_year|geboortejaar|year of birth"},
		{BirthDate, "birth_date|geboortedatum|verjaardag|birthday|date of birth"},
		{Guardians, "guardians|ouders|ouder"}, {Channel, "channel|kanaal|voorkeur contact"},
		{From, "guidance_from|begeleiding van|begeleiding vanaf|startdatum|start|start date|begindatum|intake"},
		{Until, "guidance_until|begeleiding tot|begeleiding t/m|einddatum|einde|end date"},
		{Coach, "coach|begeleider|therapeut"},
		{Organisation, "organisation|organisatie|bedrijf|company|organization"},
	} {
		all = append(all, Headers{h.field, strings.Split(h.names, "|")})
	}
	return all
}

// Valid reports whether f is a field of the list, or "".
func (f Field) Valid() bool {
	return f == "" || slices.ContainsFunc(KnownHeaders(), func(h Headers) bool { return h.Field == f })
}

// ByHeader maps plain headers (see Plain) to fields.
func ByHeader() map[string]Field {
	names := map[string]Field{}
	for _, h := range KnownHeaders() {
		for _, name := range h.Names {
			names[Plain(name)] = h.Field
		}
	}
	return names
}
