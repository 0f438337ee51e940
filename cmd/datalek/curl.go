package main

import (
	"encoding/base64"
	"fmt"
	"strings"
	"time"
)

// sampleCurl returns shell lines that post a correctly signed processor's
// report. They sign when they run, since a signature is good for five minutes.
func sampleCurl(r readyFile, now time.Time) string {
	key := strings.TrimPrefix(r.WebhookSecret, "whsec_")
	raw, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		return ""
	}
	body := fmt.Sprintf(`{"type":"processor.breach.reported","timestamp":%q,"data":{"reference":"MS-DEMO-1","stage":"initial","summary":"An unauthorised party could read mail.","occurredFrom":%q,"services":["mail"],"dataCategories":["contact"],"measuresTaken":["access revoked"]}}`,
		now.Format(time.RFC3339), now.Add(-48*time.Hour).Format(time.RFC3339))
	return fmt.Sprintf(`  body='%s'
  id=msg_$(date +%%s%%N); now=$(date +%%s)
  mac=$(printf '%%s.%%s.%%s' "$id" "$now" "$body" | openssl dgst -sha256 -mac HMAC -macopt hexkey:%x -binary | openssl base64 -A)
  curl -sS %s -H "webhook-id: $id" -H "webhook-timestamp: $now" -H "webhook-signature: v1,$mac" \
    -H 'content-type: application/json' --data-raw "$body"
`, body, raw, r.WebhookURL)
}
