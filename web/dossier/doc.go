// Package dossier puts all that is held about one person into words, and into the
// form of a file that programs read: what he gets when he asks for his data (GDPR
// Art. 15 and 20). The page and the API give the same.
package dossier
