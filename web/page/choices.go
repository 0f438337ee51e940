package page

import (
	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/risk"
	"datalek/web/parts"
)

// choiceText returns the words of one choice of a fixed list.
func choiceText(c echo.Context, list, value string) string {
	return T(c, "choice."+list+"."+value)
}

// RiskReason says one ground of a risk assessment in the reader's language.
func RiskReason(c echo.Context, r risk.Reason) string {
	return WordsOf(c).RiskReason(Lang(c), r)
}

// CategoryText names a kind of data.
func CategoryText(c echo.Context, v registry.Category) string {
	return choiceText(c, "category", string(v))
}

// BreachKindText names what happened to the data.
func BreachKindText(c echo.Context, v incidents.BreachKind) string {
	return choiceText(c, "breach_kind", string(v))
}

// UnintelligibleText says whether strangers could read the data.
func UnintelligibleText(c echo.Context, v incidents.Unintelligible) string {
	return choiceText(c, "unintelligible", string(v))
}

// RoleText says whose the data is.
func RoleText(c echo.Context, v incidents.PracticeRole) string {
	return choiceText(c, "role", string(v))
}

// RecipientText says how well a wrong recipient is known.
func RecipientText(c echo.Context, v incidents.RecipientKind) string {
	return choiceText(c, "recipient", string(v))
}

// AudienceText names those for whom a notice is written.
func AudienceText(c echo.Context, v incidents.Audience) string {
	return choiceText(c, "audience", string(v))
}

// GroupText names where affected persons stand.
func GroupText(c echo.Context, v incidents.Group) string { return choiceText(c, "group", string(v)) }

// RelationText says what somebody is to the practice.
func RelationText(c echo.Context, v registry.Relation) string {
	return choiceText(c, "relation", string(v))
}

// IdentifiabilityText says whether data can be traced to a person.
func IdentifiabilityText(c echo.Context, v registry.Identifiability) string {
	return choiceText(c, "identifiability", string(v))
}

// CategoryOptions offers every kind of data.
func CategoryOptions(c echo.Context) []parts.Option {
	return options(c, registry.Categories(), CategoryText)
}

// BreachKindOptions offers what can happen to data.
func BreachKindOptions(c echo.Context) []parts.Option {
	return options(c, []incidents.BreachKind{incidents.Confidentiality, incidents.Integrity, incidents.Availability}, BreachKindText)
}

// UnintelligibleOptions offers the answers to "could others read it?".
func UnintelligibleOptions(c echo.Context) []parts.Option {
	return options(c, []incidents.Unintelligible{incidents.UnintelligibleNo, incidents.UnintelligibleYes,
		incidents.UnintelligiblePartly, incidents.UnintelligibleUnknown}, UnintelligibleText)
}

// RoleOptions offers whose the data can be, and says what follows from each.
func RoleOptions(c echo.Context) []parts.Option {
	roles := options(c, []incidents.PracticeRole{incidents.AsController, incidents.AsProcessor, incidents.AsJoint}, RoleText)
	for n := range roles {
		roles[n].Hint = choiceText(c, "role_hint", roles[n].Value)
	}
	return roles
}

// RecipientOptions offers how well a wrong recipient can be known.
func RecipientOptions(c echo.Context) []parts.Option {
	return options(c, []incidents.RecipientKind{incidents.RecipientTrusted, incidents.RecipientKnown, incidents.RecipientUnknown}, RecipientText)
}

// RelationOptions offers what somebody can be to the practice.
func RelationOptions(c echo.Context) []parts.Option {
	return options(c, registry.Relations(), RelationText)
}

// IdentifiabilityOptions offers how far data can be traced.
func IdentifiabilityOptions(c echo.Context) []parts.Option {
	return options(c, []registry.Identifiability{registry.Identified, registry.Pseudonymised, registry.Anonymous}, IdentifiabilityText)
}

func options[V ~string](c echo.Context, values []V, text func(echo.Context, V) string) []parts.Option {
	made := make([]parts.Option, len(values))
	for i, v := range values {
		made[i] = parts.Option{Value: string(v), Text: text(c, v)}
	}
	return made
}
