package mqtt

import (
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

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

// What was on its way when a connection was lost may come behind what has been said since: that is said once more when everybody must have
// noticed the loss, and again later. What had been acknowledged cannot come again, and is not.
func TestLateArrival(t *testing.T) {
	t.Parallel()
	b := startEmbedded(t, "127.0.0.1:0")
	network := startTape(t, b.Addr())
	other := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + b.Addr()).SetClientID("late"))
	await(t, other.Connect())
	defer other.Disconnect(0)
	w := watch(t, "tcp://"+b.Addr(), nil, "", "")
	o, p := testOptions(network.url()), testPace
	o.KeepAlive, p.ack = 2*time.Second, time.Second
	c, _ := openClient(t, o, p)
	gate, cam := c.options.Prefix+"/gate/status", c.options.Prefix+"/cam/status"
	send(t, c, publish.CameraStatus{Camera: "gate", State: publish.CameraOnline})
	send(t, c, status(publish.CameraConnecting, ""))
	eventually(t, "both are acknowledged", func() bool { return c.Stats().Published > 2 })
	network.set(true, 0)
	send(t, c, status(publish.CameraLost, ""))
	eventually(t, "the connection is lost", func() bool { return !c.Stats().Connected })
	network.set(false, 0)
	eventually(t, "there is another", func() bool { return c.Stats().Connected })
	newest := func() string { list := w.on(cam); return strings.Join(list[max(0, len(list)-1):], "") }
	saysLost := func() bool { return strings.Contains(newest(), "lost") }
	eventually(t, "what is retained", saysLost)
	await(t, other.Publish(gate, 1, true, "late"))
	for _, when := range []string{"once more", "once more, later"} {
		await(t, other.Publish(cam, 1, true, "late"))
		eventually(t, "the late one", func() bool { return newest() == "late" })
		eventually(t, when, saysLost)
	}
	if list := w.on(gate); list[len(list)-1] != "late" {
		t.Errorf("what was acknowledged came again: %q", list)
	}
}
