package processors

import (
	"encoding/json"
	"slices"
	"strings"

	"datalek/incidents"
	"datalek/incidents/advisory"
	"datalek/incidents/fault"
)

// azureLog is the activity log's entry in an Azure alert: the old schema holds
// it at data.context.activityLog, the common one at data.alertContext. The old
// one has texts where the common one has numbers.
type azureLog struct {
	Description    word                  `json:"description"`
	EventSource    word                  `json:"eventSource"`
	EventTimestamp word                  `json:"eventTimestamp"`
	EventDataID    word                  `json:"eventDataId"`
	OperationName  word                  `json:"operationName"`
	SubscriptionID word                  `json:"subscriptionId"`
	Submitted      word                  `json:"submissionTimestamp"`
	Properties     part[azureProperties] `json:"properties"`
}

type azureProperties struct {
	Title            word          `json:"title"`
	Service          word          `json:"service"`
	Region           word          `json:"region"`
	Communication    word          `json:"communication"`
	IncidentType     word          `json:"incidentType"`
	TrackingID       word          `json:"trackingId"`
	ImpactStart      word          `json:"impactStartTime"`
	ImpactMitigation word          `json:"impactMitigationTime"`
	Services         azureServices `json:"impactedServices"`
	DefaultTitle     word          `json:"defaultLanguageTitle"`
	DefaultContent   word          `json:"defaultLanguageContent"`
	Stage            word          `json:"stage"`
	CommunicationID  word          `json:"communicationId"`
	IsSynthetic      word          `json:"isSynthetic"`
}

// azureServices are the services and regions that an alert names: real alerts
// write the list as JSON within a text, the portal's own trial as a list.
type azureServices struct{ names, regions []string }

// UnmarshalJSON never fails.
func (s *azureServices) UnmarshalJSON(raw []byte) error {
	if inner := text(raw); inner != "" {
		raw = []byte(inner)
	}
	var items []json.RawMessage
	if deeper(raw, mostDepth) || json.Unmarshal(raw, &items) != nil {
		return nil
	}
	for _, item := range items {
		var service part[struct {
			Name    word            `json:"ServiceName"`
			Regions json.RawMessage `json:"ImpactedRegions"`
		}]
		_ = json.Unmarshal(item, &service)
		s.names = addName(addName(s.names, string(service.value.Name)), text(item))
		s.addRegions(service.value.Regions)
	}
	return nil
}

func (s *azureServices) addRegions(raw json.RawMessage) {
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		return
	}
	for _, item := range items {
		var region part[struct {
			Name word `json:"RegionName"`
		}]
		_ = json.Unmarshal(item, &region)
		s.regions = addName(addName(s.regions, string(region.value.Name)), text(item))
	}
}

// azureEssentials is the head that all alerts of the common schema share.
type azureEssentials struct {
	Fired      word  `json:"firedDateTime"`
	Monitoring word  `json:"monitoringService"`
	Targets    lines `json:"alertTargetIDs"`
}

func isAzureActivity(fields map[string]json.RawMessage) bool {
	return strings.EqualFold(text(fields["schemaId"]), "Microsoft.Insights/activityLogs")
}

func isAzureCommon(fields map[string]json.RawMessage) bool {
	return strings.EqualFold(text(fields["schemaId"]), "azureMonitorCommonAlertSchema")
}

func (m message) fromAzureActivity(fields map[string]json.RawMessage) advisory.Advisory {
	var data part[struct {
		Context part[struct {
			Log part[azureLog] `json:"activityLog"`
		}] `json:"context"`
	}]
	_ = json.Unmarshal(fields["data"], &data) // what is missing is found out below
	return m.fromAzure(advisory.AzureActivity, data.value.Context.value.Log.value, azureEssentials{}, nil)
}

func (m message) fromAzureCommon(fields map[string]json.RawMessage) advisory.Advisory {
	var data part[struct {
		Essentials part[azureEssentials] `json:"essentials"`
		Log        part[azureLog]        `json:"alertContext"`
		Custom     part[map[string]word] `json:"customProperties"`
	}]
	_ = json.Unmarshal(fields["data"], &data)
	return m.fromAzure(advisory.AzureCommon, data.value.Log.value, data.value.Essentials.value, data.value.Custom.value)
}

func (m message) fromAzure(format advisory.Format, log azureLog, head azureEssentials, custom map[string]word) advisory.Advisory {
	p := log.Properties.value
	a := advisory.Advisory{Format: format, Reporter: "Microsoft Azure", Unintelligible: incidents.UnintelligibleUnknown,
		Reference: p.TrackingID.key(), StageSaid: p.Stage.line(advisory.MaxName), Stage: azureStage(p.Stage)}
	a.Message = firstOf(p.CommunicationID, log.EventDataID).key()
	a.Title = firstOf(p.Title, p.DefaultTitle, log.Description).line(advisory.MaxTitle)
	a.Text = plain(&a, string(firstOf(p.Communication, p.DefaultContent)))
	if a.Summary() == "" {
		a.Title = advisory.OneLine("Azure Service Health "+a.Reference, advisory.MaxTitle)
	}
	a.SaidAt = m.claim(&a, "eventTimestamp", log.EventTimestamp)
	m.claim(&a, "submissionTimestamp", log.Submitted)
	m.claim(&a, "firedDateTime", head.Fired)
	m.window(&a, p.ImpactStart, p.ImpactMitigation)
	azurePlaces(&a, p)
	azureCustomers(&a, log, head, custom)
	a.Kind, a.Why = azureKind(log, head)
	if a.Kind == incidents.MessageUnknown || a.Kind == incidents.MessageReport && a.Reference == "" {
		u := m.unknown(fault.New(fault.Invalid, "error.payload_azure", "this Azure alert is of no kind that is known"))
		u.Subscriptions = a.Subscriptions
		u.Format, u.Claims, u.Title = a.Format, a.Claims, a.Title
		return u
	}
	return a
}

// azureKind says what an alert is. An alarm of Defender for Cloud is about the
// customer's own machine and has the word Security as its source; a security
// advisory is of Service Health and has it as its type.
func azureKind(log azureLog, head azureEssentials) (incidents.MessageKind, string) {
	p := log.Properties.value
	if p.IsSynthetic.is("true") || p.IsSynthetic.is("1") {
		return incidents.MessageTest, ""
	}
	source := strings.ToLower(strings.TrimSpace(string(log.EventSource)))
	health := source == "servicehealth" || head.Monitoring.is("ServiceHealth") || source == "" || isNumber(source) && p.TrackingID != ""
	switch {
	case source == "security" || strings.Contains(strings.ToLower(string(head.Monitoring)), "security"):
		return incidents.MessageBeside, advisory.WhyOwnMachine
	case !health && (isNumber(source) || source == ""):
		return otherAlert(head)
	case !health:
		return incidents.MessageBeside, advisory.WhyOtherAlert
	case p.IncidentType.is("Security"):
		return incidents.MessageReport, ""
	}
	switch strings.ToLower(strings.TrimSpace(string(p.IncidentType))) {
	case "maintenance":
		return incidents.MessageBeside, advisory.WhyMaintenance
	case "incident":
		return incidents.MessageBeside, advisory.WhyOutage
	case "informational", "actionrequired":
		return incidents.MessageBeside, advisory.WhyNotice
	}
	return otherAlert(head)
}

// otherAlert is an alert without a type of Service Health's: of another service
// when the head names one, else unknown.
func otherAlert(head azureEssentials) (incidents.MessageKind, string) {
	if head.Monitoring != "" && !head.Monitoring.is("ServiceHealth") {
		return incidents.MessageBeside, advisory.WhyOtherAlert
	}
	return incidents.MessageUnknown, ""
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func firstOf(words ...word) word {
	for _, w := range words {
		if strings.TrimSpace(string(w)) != "" {
			return w
		}
	}
	return ""
}

// azureStage is our own word for a stage of a security advisory: Active, Resolved
// or RCA, the analysis of its root cause.
func azureStage(w word) advisory.Stage {
	switch {
	case w.is("Active"):
		return advisory.StageInitial
	case w.is("Resolved"):
		return advisory.StageUpdate
	case w.is("RCA"):
		return advisory.StageFinal
	default:
		return ""
	}
}

// azurePlaces are the services and regions, and a link to the portal's own page.
func azurePlaces(a *advisory.Advisory, p azureProperties) {
	a.Services, a.Regions = p.Services.names, p.Services.regions
	if len(a.Services) == 0 {
		a.Services = addName(nil, string(p.Service))
	}
	if len(a.Regions) == 0 {
		a.Regions = addName(nil, string(p.Region))
	}
}

// azureCustomers are the subscriptions that an alert is about, and what the rule's
// maker wrote into it to tell his customers apart.
func azureCustomers(a *advisory.Advisory, log azureLog, head azureEssentials, custom map[string]word) {
	a.Customers = addName(nil, string(log.SubscriptionID))
	for _, target := range head.Targets {
		if id, found := strings.CutPrefix(strings.ToLower(target), "/subscriptions/"); found {
			id, _, _ = strings.Cut(id, "/")
			a.Customers = addName(a.Customers, id)
		}
	}
	a.Subscriptions = slices.Clone(a.Customers)
	for _, key := range []string{"praktijk", "practice", "customer", "klant"} {
		a.Customers = addName(a.Customers, string(custom[key]))
	}
	if plainID(a.Reference) && len(a.Customers) > 0 && plainID(a.Customers[0]) && len(a.Customers[0]) >= 6 {
		id := a.Customers[0]
		link(a, "https://app.azure.com/h/"+a.Reference+"/"+id[:3]+id[len(id)-3:])
	}
}

// plainID reports whether a text can stand in an address as it is.
func plainID(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}
