// Package webtest sets up what the tests of the pages have in common: a World
// (the office of practices over the real store, at a time that the test moves),
// a site with the areas under test, a Visitor who sends forms to it, and a
// Browser that looks at its pages as a person and as axe does.
//
// It is for tests alone. It imports a store, which the pages never do, so the
// rules of cmd/datalek's import test keep every package of web from using it
// outside its tests.
package webtest
