package natsbus

import (
	"slices"

	"github.com/nats-io/nats.go/jetstream"
)

// streamDifferences names the fields in which a stream on the server differs
// from what the code wants, and whether an update may mend them all. More
// replicas than wanted, or wider limits, are no difference: they are never taken away.
func streamDifferences(live, want jetstream.StreamConfig) ([]string, bool) {
	var lasting, passing []string
	note := func(list *[]string, differs bool, field string) {
		if differs {
			*list = append(*list, field)
		}
	}
	note(&lasting, live.Retention != want.Retention, "retention")
	note(&lasting, live.Storage != want.Storage, "storage")
	note(&lasting, live.Sealed, "sealed")
	note(&lasting, live.Mirror != nil, "mirror")
	note(&lasting, len(live.Sources) > 0, "sources")
	note(&lasting, live.SubjectTransform != nil, "subject_transform")
	note(&lasting, live.PersistMode != want.PersistMode, "persist_mode")
	note(&lasting, live.DenyDelete != want.DenyDelete, "deny_delete")
	note(&lasting, live.DenyPurge != want.DenyPurge, "deny_purge")
	note(&lasting, live.AllowMsgSchedules != want.AllowMsgSchedules, "allow_msg_schedules")
	note(&lasting, live.AllowMsgTTL != want.AllowMsgTTL, "allow_msg_ttl")

	note(&passing, !sameSet(live.Subjects, want.Subjects), "subjects")
	note(&passing, live.Discard != want.Discard, "discard")
	note(&passing, live.NoAck != want.NoAck, "no_ack")
	note(&passing, tighter(live.MaxMsgs, want.MaxMsgs), "max_msgs")
	note(&passing, tighter(live.MaxBytes, want.MaxBytes), "max_bytes")
	note(&passing, tighter(live.MaxMsgsPerSubject, want.MaxMsgsPerSubject), "max_msgs_per_subject")
	note(&passing, tighter(live.MaxMsgSize, want.MaxMsgSize), "max_msg_size")
	note(&passing, tighter(live.MaxAge, want.MaxAge), "max_age")
	note(&passing, live.Duplicates != want.Duplicates, "duplicate_window")
	note(&passing, live.AllowRollup != want.AllowRollup, "allow_rollup_hdrs")
	note(&passing, live.Replicas < want.Replicas, "num_replicas")
	return append(lasting, passing...), len(lasting) == 0
}

// merged is the live configuration with what may be mended set to what the
// code wants, and the rest (placement, metadata of the operator) as it is.
func merged(live, want jetstream.StreamConfig) jetstream.StreamConfig {
	live.Subjects = want.Subjects
	live.Discard = want.Discard
	live.NoAck = want.NoAck
	live.MaxMsgs = wider(live.MaxMsgs, want.MaxMsgs)
	live.MaxBytes = wider(live.MaxBytes, want.MaxBytes)
	live.MaxMsgsPerSubject = wider(live.MaxMsgsPerSubject, want.MaxMsgsPerSubject)
	live.MaxMsgSize = wider(live.MaxMsgSize, want.MaxMsgSize)
	live.MaxAge = wider(live.MaxAge, want.MaxAge)
	live.Duplicates = want.Duplicates
	live.AllowRollup = want.AllowRollup
	live.Replicas = max(live.Replicas, want.Replicas)
	return live
}

func consumerDifferences(live, want jetstream.ConsumerConfig) []string {
	var faults []string
	note := func(differs bool, field string) {
		if differs {
			faults = append(faults, field)
		}
	}
	note(live.DeliverPolicy != want.DeliverPolicy, "deliver_policy")
	note(live.AckPolicy != want.AckPolicy, "ack_policy")
	note(live.AckWait != want.AckWait, "ack_wait")
	note(live.MaxDeliver != want.MaxDeliver, "max_deliver")
	note(live.MaxAckPending != want.MaxAckPending, "max_ack_pending")
	note(live.FilterSubject != want.FilterSubject, "filter_subject")
	note(len(live.FilterSubjects) > 0, "filter_subjects")
	note(len(live.BackOff) > 0, "backoff")
	note(live.MemoryStorage, "mem_storage")
	return faults
}

// tighter reports that a live limit lies below the one wanted. Nothing and
// less mean none. A wider one is the operator's right and no difference.
func tighter[N ~int32 | ~int64](live, want N) bool {
	return live > 0 && (want <= 0 || live < want)
}

// wider is the live limit, raised to the one wanted. Lowering one could make
// the server delete what lies above it.
func wider[N ~int32 | ~int64](live, want N) N {
	if tighter(live, want) {
		return want
	}
	return live
}

func sameSet(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}
