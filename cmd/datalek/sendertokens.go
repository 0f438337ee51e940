package main

import (
	"errors"

	"datalek/services/idtoken"
	"datalek/services/outlet"
)

// senderFlags say who makes the tokens that addresses for suppliers' reports ask.
type senderFlags struct {
	EntraURL  string `name:"entra-url" help:"Whose tokens Azure's secure webhook shows, where it is not https://login.microsoftonline.com: that of a national cloud, such as https://login.microsoftonline.us." env:"DATALEK_ENTRA_URL" placeholder:"URL"`
	GoogleURL string `name:"google-issuer-url" help:"Whose tokens Google's Pub/Sub shows, where it is not https://accounts.google.com." env:"DATALEK_GOOGLE_ISSUER_URL" placeholder:"URL"`
}

func (f senderFlags) validate() error {
	if f.EntraURL != "" && outlet.CheckURL(f.EntraURL) != nil {
		return errors.New("--entra-url must be like https://login.microsoftonline.us")
	}
	if f.GoogleURL != "" && outlet.CheckURL(f.GoogleURL) != nil {
		return errors.New("--google-issuer-url must be like https://accounts.google.com")
	}
	return nil
}

// senderTokens checks what senders show, with keys that are asked for through the gate.
func (c config) senderTokens(now clockFunc) *idtoken.Checker {
	return idtoken.New(idtoken.Options{Client: c.client(), Now: now, EntraURL: c.EntraURL, GoogleURL: c.GoogleURL})
}
