package record

import "datalek/incidents"

// supplierMail is the stored form of incidents.SupplierMail.
type supplierMail struct {
	From        string           `json:"from"`
	FromName    string           `json:"from_name"`
	Domain      string           `json:"domain"`
	MessageID   string           `json:"message_id"`
	ForwardedBy string           `json:"forwarded_by"`
	Pasted      bool             `json:"pasted"`
	Cut         bool             `json:"cut"`
	Fault       string           `json:"fault"`
	Links       []mailLink       `json:"links"`
	Attachments []mailAttachment `json:"attachments"`
	Signing     string           `json:"signing"`
	Signatures  []mailSignature  `json:"signatures"`
}

type mailLink struct {
	Text   string `json:"text"`
	Target string `json:"target"`
}

type mailAttachment struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Size int    `json:"size"`
}

type mailSignature struct {
	Domain  string `json:"domain"`
	State   string `json:"state"`
	Aligned bool   `json:"aligned"`
}

func fromSupplierMail(v *incidents.SupplierMail) *supplierMail {
	if v == nil {
		return nil
	}
	return &supplierMail{From: v.From, FromName: v.FromName, Domain: v.Domain, MessageID: v.MessageID, ForwardedBy: v.ForwardedBy,
		Pasted: v.Pasted, Cut: v.Cut, Fault: string(v.Fault), Signing: string(v.Signing),
		Links:       list(v.Links, func(l incidents.MailLink) mailLink { return mailLink(l) }),
		Attachments: list(v.Attachments, func(a incidents.MailAttachment) mailAttachment { return mailAttachment(a) }),
		Signatures: list(v.Signatures, func(s incidents.MailSignature) mailSignature {
			return mailSignature{Domain: s.Domain, State: string(s.State), Aligned: s.Aligned}
		})}
}

func (r *supplierMail) toSupplierMail() *incidents.SupplierMail {
	if r == nil {
		return nil
	}
	return &incidents.SupplierMail{From: r.From, FromName: r.FromName, Domain: r.Domain, MessageID: r.MessageID, ForwardedBy: r.ForwardedBy,
		Pasted: r.Pasted, Cut: r.Cut, Fault: incidents.MailFault(r.Fault), Signing: incidents.Signing(r.Signing),
		Links:       list(r.Links, func(l mailLink) incidents.MailLink { return incidents.MailLink(l) }),
		Attachments: list(r.Attachments, func(a mailAttachment) incidents.MailAttachment { return incidents.MailAttachment(a) }),
		Signatures: list(r.Signatures, func(s mailSignature) incidents.MailSignature {
			return incidents.MailSignature{Domain: s.Domain, State: incidents.Signing(s.State), Aligned: s.Aligned}
		})}
}
