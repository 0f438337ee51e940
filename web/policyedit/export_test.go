package policyedit

import (
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/web/page"
	"datalek/web/rules"
)

// Form shows a policy in the form.
func Form(p registry.Policy) *page.Form { return formOf(p, 1) }

// Read takes a policy out of a form, with what the form's own checks find.
func Read(f *page.Form) (registry.Policy, fault.List) {
	r := &reader{form: f}
	return r.policy(), r.faults
}

// Press does what a button of a list does.
func Press(f *page.Form, act string) bool { return rearrange(f, act) }

// Sourced names a source for what differs between two policies and still has its old one.
func Sourced(words rules.Words, before, after registry.Policy, source string) registry.Policy {
	was, is := rules.Of(words, page.Dutch, before, rules.Names{}), rules.Of(words, page.Dutch, after, rules.Names{})
	return withSource(before, after, rules.Diff(was, is), source)
}

// SectionOf is the part of the form that a field stands in.
func SectionOf(field string) string { return sectionOf(field) }
