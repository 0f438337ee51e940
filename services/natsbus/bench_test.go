package natsbus_test

import (
	"context"
	"strconv"
	"testing"
)

// BenchmarkPublish waits for each message to be on disk, in a cluster on three.
func BenchmarkPublish(b *testing.B) {
	b.Run("embedded", func(b *testing.B) { benchPublish(b, embeddedRig(b)) })
	b.Run("cluster", func(b *testing.B) { benchPublish(b, clusterRig(b, urlsOf(startCluster(b)))) })
}

func benchPublish(b *testing.B, r *rig) {
	ctx := context.Background()
	data := []byte(`{"notice":"01J0000000000000000000000","chunk":1}`)
	for i := 0; b.Loop(); i++ {
		if err := r.bus.Publish(ctx, "mail", "n.c", "evt/"+strconv.Itoa(i), data); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msgs/s")
}

// BenchmarkConsume handles and doubly acknowledges, 16 at once.
func BenchmarkConsume(b *testing.B) {
	b.Run("embedded", func(b *testing.B) { benchConsume(b, embeddedRig(b)) })
	b.Run("cluster", func(b *testing.B) { benchConsume(b, clusterRig(b, urlsOf(startCluster(b)))) })
}

func benchConsume(b *testing.B, r *rig) {
	ctx := context.Background()
	for range b.N {
		if err := r.bus.Publish(ctx, "mail", "n.c", "", nil); err != nil {
			b.Fatal(err)
		}
	}
	handled := make(chan struct{}, b.N)
	b.ResetTimer()
	consume(b, r.bus, "mail", 16, func(context.Context, string, []byte, int) error {
		handled <- struct{}{}
		return nil
	})
	for range b.N {
		next(b, handled)
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msgs/s")
}
