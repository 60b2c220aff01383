package cluster

import (
	"flag"
	"maps"
	"slices"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/publish/broker"
	"github.com/inceptiond/inceptiond/publish/mqtt"
)

// day is how long TestTraffic counts: `make cluster-traffic`.
var day = flag.Duration("day", 0, "count for so long what a daemon with the defaults sends")

// TestTraffic counts what goes between a daemon with the defaults and its broker, and says what that is in a day.
func TestTraffic(t *testing.T) {
	if *day == 0 {
		t.Skip("takes as long as -day says (make cluster-traffic)")
	}
	b, err := broker.Start(broker.Options{Listen: "127.0.0.1:0"}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	w, err := NewWire(b.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	d := StartDaemon(t, "measured", 1, []mqtt.Address{{URL: "mqtt://" + w.Addr()}}, mqtt.TLS{})
	time.Sleep(20 * time.Second) // what is said once is not of every day
	start, before := time.Now(), w.Traffic()
	time.Sleep(*day)
	days := time.Since(start).Hours() / 24
	after := w.Traffic()
	if err := d.Stop(); err != nil {
		t.Error(err)
	}
	t.Logf("once, at the start: %d bytes up, %d down", before.Up.Bytes, before.Down.Bytes)
	row := func(name string, now, then Volume) {
		count, bytes := now.Count-then.Count, now.Bytes-then.Bytes
		if count > 0 {
			t.Logf("%-30s %6d, %5d bytes each; in a day %9.0f, %7.2f MB", name, count, bytes/count, float64(count)/days, float64(bytes)/days/1e6)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(after.Packets)) {
		row(name, after.Packets[name], before.Packets[name])
	}
	row("TCP segments of the device", after.Up, before.Up)
	row("TCP segments of the broker", after.Down, before.Down)
	if len(after.Packets) == 0 || after.Up.Bytes == before.Up.Bytes {
		t.Error("nothing was sent")
	}
}
