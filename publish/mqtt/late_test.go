package mqtt

import (
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/publish"
)

// What is retained is sent once more if its acknowledgement was late, in the form that is the newest by then, and otherwise not.
func TestLateAcknowledgement(t *testing.T) {
	for name, test := range map[string]struct {
		late time.Duration
		more bool
	}{
		"late":   {100 * time.Millisecond, true},
		"prompt": {time.Minute, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := startEmbedded(t, "127.0.0.1:0")
			network := startTape(t, b.Addr())
			w := watch(t, "tcp://"+b.Addr(), nil, "", "")
			p := testPace
			p.late, p.repeat = test.late, time.Second
			c, _ := openClient(t, testOptions(network.url()), p)
			topic := c.options.Prefix + "/cam/status"
			network.set(false, 100*time.Millisecond)
			send(t, c, status(publish.CameraConnecting, ""))
			eventually(t, "the first is acknowledged", func() bool { return len(w.on(topic)) > 0 && c.Stats().Published > 1 })
			send(t, c, status(publish.CameraOnline, ""))
			heard := func() (before, after int) {
				for _, payload := range w.on(topic) {
					if strings.Contains(payload, "online") {
						after++
					} else if before++; after > 0 {
						t.Errorf("connecting comes behind online")
					}
				}
				return before, after
			}
			eventually(t, "online", func() bool { _, after := heard(); return after > 0 })
			network.set(false, 0)
			if test.more {
				eventually(t, "online once more", func() bool { _, after := heard(); return after > 1 })
				return
			}
			time.Sleep(2 * p.repeat)
			if before, after := heard(); before != 1 || after != 1 {
				t.Errorf("%d times connecting, %d times online", before, after)
			}
		})
	}
}
