// Package law holds what the law asks as rules with dates: within how many hours
// the authority is told and from which risk on, when persons are told, which
// edition of the authority's form counts, at what age a young person is told
// himself, and how soon a request is answered.
//
// A change of the law is a change of data. Each rule says from which day it holds
// and until which, and a case keeps the rules of the day on which the practice
// became aware.
package law
