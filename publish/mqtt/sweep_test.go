package mqtt

import (
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/inceptiond/inceptiond/publish"
)

// sweeping are options of a client that clears what gone cameras have left.
func sweeping(broker string) Options {
	o := testOptions(broker)
	o.Sweep = true
	return o
}

// retainedOf are the messages that a broker retains for a camera.
func retainedOf(device, camera string) map[string]string {
	s := publish.CameraStatus{Device: device, Camera: camera, State: publish.CameraOnline, Time: time.Now()}
	e := publish.EngineStatus{Device: device, Camera: camera, State: publish.EngineRunning, Wanted: "cpu", Engine: "cpu", Time: time.Now()}
	st := state(result(camera, "cat"))
	st.Device = device
	picture := "\xff\xd8" + strings.Repeat("x", 2*maxPayload)
	of := map[string]string{"snapshot": picture, "why": picture, "segment_map": "\x89PNG" + picture, "count/dog": "12"}
	for _, m := range []publish.JSON{
		s, e, st, publish.GateStatus{Device: device, Camera: camera, State: publish.GateOpen, Duty: 1, Time: time.Now()},
		publish.Settings{Device: device, Camera: camera, Time: time.Now()},
		publish.Decision{Device: device, Camera: camera, Label: "cat", Time: time.Now()},
		publish.Teach{Device: device, Camera: camera, Name: "cat", State: publish.TeachIdle, Time: time.Now()},
	} {
		of[m.Key().Kind.Topic] = string(m.AppendJSON(nil))
	}
	return of
}

// inventory lists cameras that keep their newest picture.
func inventory(names ...string) (i publish.Inventory) {
	for _, name := range names {
		i.Cameras = append(i.Cameras, publish.Listed{
			Name: name, Retained: true, Why: true, Taught: true, SegmentMap: true, Counts: []string{"dog"},
		})
	}
	return i
}

// Every kind that is retained for cameras is recognized, else it would stay for ever.
func TestSweepKnowsAllKinds(t *testing.T) {
	for _, kind := range cameraKinds() {
		level := kind.Topic
		if kind.Names != "" {
			level += "/dog"
		}
		if retainedOf("gate", "cam")[level] == "" {
			t.Errorf("the sweep's tests have no %s", kind.Name)
		}
	}
}

// kept asks the broker at addr what it retains. The embedded broker may send a part of that after live messages.
func kept(t *testing.T, addr string) map[string]string {
	t.Helper()
	id := fmt.Sprint("kept-", time.Now().UnixNano())
	end, done := id+"/end", make(chan struct{})
	var mu sync.Mutex
	got := map[string]string{}
	c := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + addr).SetClientID(id).SetAutoReconnect(false))
	await(t, c.Connect())
	defer c.Disconnect(100)
	await(t, c.Subscribe("#", 1, func(_ paho.Client, m paho.Message) {
		mu.Lock()
		defer mu.Unlock()
		if m.Retained() {
			got[m.Topic()] = string(m.Payload())
		} else if m.Topic() == end {
			close(done)
		}
	}))
	await(t, c.Publish(end, 1, false, "x"))
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("the broker does not send our own message")
	}
	mu.Lock()
	defer mu.Unlock()
	return maps.Clone(got)
}

func TestSweep(t *testing.T) {
	const prefix = "inceptiond/gate/"
	foreign := map[string]string{
		prefix + "doctor/result":       "a user's own",
		prefix + "gone/note":           `{"schema":1,"device":"gate","camera":"gone"}`, // no kind of ours
		prefix + "gone/count/dog/deep": "1",
		prefix + "gone/count":          "1",
		prefix + "gone/count/note":     "-1",
		prefix + "lamp/count/dog":      "2", // of a camera that is not ours
		prefix + "lamp/status":         "on",
		prefix + "lamp/state":          `{"state":"ON","brightness":5}`,
		prefix + "lamp/snapshot":       "\xff\xd8 of a camera that is not ours",
		prefix + "other/status":        retainedOf("gate", "another")["status"], // of another camera than the topic says
		prefix + "below/status":        "online",                                // a daemon whose prefix begins with ours
		prefix + "below/cam/status":    retainedOf("gate", "cam")["status"],
		"inceptiond/gate2/gone/status": retainedOf("gate2", "gone")["status"],
		"inceptiond/gone/status":       retainedOf("gate", "gone")["status"],
		prefix + "big/status":          retainedOf("gate", "big")["status"] + strings.Repeat(" ", maxPayload),
		prefix + "gone/status/deeper":  retainedOf("gate", "gone")["status"],
		prefix + "list/status":         `[1,2]`,
		prefix + "status":              offline,
		"homeassistant/status":         "online",
	}
	for name, test := range map[string]struct {
		status  string // what is retained of who was here
		renamed bool   // ghosts of a device with another name go too
	}{
		"after the end": {offline, true},
		"after kill -9, not noticed, or another daemon is here": {online, false},
	} {
		t.Run(name, func(t *testing.T) {
			eachBroker(t, func(t *testing.T, addr string, kill, restart func()) {
				say := startSpeaker(t, addr)
				for topic, payload := range foreign {
					say(topic, true, payload)
				}
				say(prefix+"status", true, test.status)
				for _, camera := range []string{"gone", "cam"} {
					for level, payload := range retainedOf("gate", camera) {
						say(prefix+camera+"/"+level, true, payload)
					}
				}
				for level, payload := range retainedOf("yard", "shed") {
					say(prefix+"shed/"+level, true, payload)
				}
				p := testPace
				p.sweep = time.Second // all has come by then, on a busy machine too
				c, _ := openClient(t, sweeping("mqtt://"+addr), p)
				send(t, c, inventory("cam"))
				ours := map[string]bool{} // whether it is to stay
				for level := range retainedOf("gate", "cam") {
					ours["gone/"+level], ours["cam/"+level], ours["shed/"+level] = false, true, !test.renamed
				}
				wrong := func() (topics []string) {
					got := kept(t, addr)
					for topic, payload := range foreign {
						if topic != prefix+"status" && got[topic] != payload {
							topics = append(topics, topic)
						}
					}
					for topic, stays := range ours {
						if (got[prefix+topic] != "") != stays {
							topics = append(topics, topic)
						}
					}
					return topics
				}
				for end := time.Now().Add(time.Minute); len(wrong()) > 0; time.Sleep(10 * time.Millisecond) {
					if time.Now().After(end) {
						t.Fatalf("wrong on the broker: %q", wrong())
					}
				}
			})
		})
	}
}

// A camera that a reload takes out leaves its status; one that comes back tells all anew.
func TestInventoryChanges(t *testing.T) {
	eachBroker(t, func(t *testing.T, addr string, kill, restart func()) {
		c, _ := openClient(t, sweeping("mqtt://"+addr), testPace)
		send(t, c, inventory("cam", "yard"))
		for _, camera := range []string{"cam", "yard"} {
			s := status(publish.CameraOnline, "")
			s.Camera = camera
			send(t, c, s)
			send(t, c, state(result(camera, "cat")))
		}
		eventually(t, "all to be there", func() bool { return len(kept(t, addr)) >= 6 })
		send(t, c, status(publish.CameraStopped, ""))
		send(t, c, inventory("yard"))
		eventually(t, "the state to go", func() bool { return kept(t, addr)["inceptiond/gate/cam/state"] == "" })
		var got map[string]string
		eventually(t, "all that is retained", func() bool {
			got = kept(t, addr)
			return got["inceptiond/gate/cam/state"] == "" && got["inceptiond/gate/yard/state"] != "" && got["inceptiond/gate/cam/status"] != ""
		})
		if !strings.Contains(got["inceptiond/gate/cam/status"], "stopped") || !strings.Contains(got["inceptiond/gate/yard/state"], "cat") {
			t.Errorf("kept %q", got)
		}
		send(t, c, inventory("cam", "yard"))
		send(t, c, state(result("cam", "dog")))
		eventually(t, "the new state", func() bool { return strings.Contains(kept(t, addr)["inceptiond/gate/cam/state"], "dog") })
	})
}

// A picture of a camera whose newest is not to be kept any more goes, and so does what it was taught as, be it this client's
// or an older one's.
func TestPicturesAreNotKept(t *testing.T) {
	eachBroker(t, func(t *testing.T, addr string, kill, restart func()) {
		say := startSpeaker(t, addr)
		for level, payload := range retainedOf("gate", "cam") {
			say("inceptiond/gate/cam/"+level, true, payload)
		}
		c, _ := openClient(t, sweeping("mqtt://"+addr), testPace)
		send(t, c, publish.Inventory{Cameras: []publish.Listed{{Name: "cam"}, {Name: "yard", Retained: true}}})
		eventually(t, "the older picture to go", func() bool {
			got := kept(t, addr)
			return got["inceptiond/gate/cam/snapshot"]+got["inceptiond/gate/cam/why"]+got["inceptiond/gate/cam/teach"] == "" &&
				got["inceptiond/gate/cam/state"] != ""
		})
		send(t, c, &publish.Snapshot{Camera: "yard", JPEG: []byte("\xff\xd8"), MQTT: true, Retain: true})
		eventually(t, "the picture", func() bool { return kept(t, addr)["inceptiond/gate/yard/snapshot"] != "" })
		send(t, c, publish.Inventory{Cameras: []publish.Listed{{Name: "cam"}, {Name: "yard"}}})
		eventually(t, "it to go", func() bool { return kept(t, addr)["inceptiond/gate/yard/snapshot"] == "" })
	})
}

// Counts and maps go with what they are of: labels that are not counted any more, a camera whose model finds other things now, and
// one that is gone, of which nothing stays but that it has stopped. So do those that an older daemon has left.
func TestCountsAreNotKept(t *testing.T) {
	const cam = "inceptiond/gate/cam/"
	detects := func(more bool, labels ...string) publish.Inventory {
		return publish.Inventory{Cameras: []publish.Listed{{Name: "cam", Task: publish.TaskDetect, Counts: labels, CountsMore: more}}}
	}
	eachBroker(t, func(t *testing.T, addr string, kill, restart func()) {
		say := startSpeaker(t, addr)
		for level, payload := range retainedOf("gate", "cam") {
			say(cam+level, true, payload)
		}
		say(cam+"count/dog_2", true, "1")
		below := func() (levels []string) {
			for topic := range kept(t, addr) {
				if level, is := strings.CutPrefix(topic, cam); is && (strings.HasPrefix(level, "count/") || level == "segment_map") {
					levels = append(levels, level)
				}
			}
			slices.Sort(levels)
			return levels
		}
		last := ""
		await := func(what string, want ...string) {
			t.Helper()
			defer func() {
				if t.Failed() {
					t.Log(last)
				}
			}()
			eventually(t, what, func() bool {
				got := below()
				last = strings.Join(got, " ")
				return slices.Equal(got, want)
			})
		}
		c, _ := openClient(t, sweeping("mqtt://"+addr), testPace)
		send(t, c, detects(false, "dog", "cat"))
		await("what an older detector has left to go, but for what is counted", "count/dog")
		send(t, c, status(publish.CameraOnline, ""))
		for _, level := range []string{"dog", "cat"} {
			send(t, c, publish.Counted{Camera: "cam", Topic: level, N: 1})
		}
		await("both counts", "count/cat", "count/dog")
		send(t, c, detects(false, "cat"))
		await("the other count to go", "count/cat")
		send(t, c, detects(true))
		send(t, c, publish.Counted{Camera: "cam", Topic: "bird", N: 3})
		await("a bird", "count/bird", "count/cat")
		send(t, c, publish.Inventory{Cameras: []publish.Listed{{Name: "cam", Task: publish.TaskSegment, SegmentMap: true}}})
		send(t, c, &publish.SegmentMap{Camera: "cam", PNG: []byte("\x89PNG")})
		await("a map in place of counts", "segment_map")
		send(t, c, detects(true))
		send(t, c, publish.Counted{Camera: "cam", Topic: "bird", N: 3})
		await("counts in place of the map", "count/bird")
		send(t, c, status(publish.CameraStopped, ""))
		send(t, c, publish.Inventory{})
		await("all counts to go")
		eventually(t, "nothing to stay but what has stopped", func() bool { return len(kept(t, addr)) == 3 })
		if got := kept(t, addr); !strings.Contains(got[cam+"status"], "stopped") {
			t.Errorf("kept %q", got)
		}
	})
}

// Who leaves a prefix clears it, but for offline.
func TestLeave(t *testing.T) {
	eachBroker(t, func(t *testing.T, addr string, kill, restart func()) {
		say := startSpeaker(t, addr)
		say("inceptiond/gate/mine", true, "a user's own")
		c, _ := openClient(t, testOptions("mqtt://"+addr), testPace)
		send(t, c, status(publish.CameraOnline, ""))
		send(t, c, state(result("cam", "cat")))
		eventually(t, "all to be there", func() bool { return len(kept(t, addr)) >= 5 })
		c.Leave()
		closeInTime(t, c)
		var got map[string]string
		eventually(t, "all that is retained", func() bool { got = kept(t, addr); return len(got) >= 2 })
		if len(got) != 2 || got["inceptiond/gate/status"] != offline || got["inceptiond/gate/mine"] == "" {
			t.Errorf("kept %q", got)
		}
	})
}

// A broker that forbids the look, or hangs up because of it, is used all the same.
func TestSweepIsForbidden(t *testing.T) {
	const subscribe, suback = 8, 0x90
	answers := map[string]func(t *testing.T) string{
		"refused": func(t *testing.T) string {
			return scripted(t, func(conn net.Conn, kind byte, body []byte) bool {
				if kind>>4 == subscribe {
					conn.Write([]byte{suback, 6, body[0], body[1], subscribeRefused, subscribeRefused, subscribeRefused, subscribeRefused})
				}
				return kind>>4 == subscribe
			})
		},
		"hangs up": func(t *testing.T) string {
			return scripted(t, func(conn net.Conn, kind byte, body []byte) bool {
				if kind>>4 == subscribe {
					conn.Close()
				}
				return kind>>4 == subscribe
			})
		},
		"no answer": func(t *testing.T) string {
			return scripted(t, func(conn net.Conn, kind byte, body []byte) bool { return kind>>4 == subscribe })
		},
	}
	for name, start := range answers {
		t.Run(name, func(t *testing.T) {
			c, _ := openClient(t, sweeping(start(t)), testPace)
			send(t, c, inventory("cam"))
			send(t, c, result("cam", "all the same"))
			eventually(t, "a result", func() bool { return c.Stats().Connected && c.Stats().Waiting == 0 && c.Stats().Published > 2 })
		})
	}
}

func FuzzRecognize(f *testing.F) {
	for level, payload := range retainedOf("gate", "cam") {
		f.Add("cam/"+level, payload)
		f.Add("/"+level, payload)
	}
	f.Add("cam/status", `{"schema":1,"device":1}`)
	f.Fuzz(func(t *testing.T, topic, payload string) {
		camera, device, ok := recognize(topic, []byte(payload))
		level := strings.TrimPrefix(topic, camera+"/")
		silent := (level == "snapshot" || level == "why") && strings.HasPrefix(payload, "\xff\xd8") || // which does not say whose it is
			level == "segment_map" && strings.HasPrefix(payload, "\x89PNG") || strings.HasPrefix(level, "count/") && strings.Trim(payload, "0123456789") == ""
		if ok && (!strings.HasPrefix(topic, camera+"/") || camera == "" || !silent && (device == "" || !strings.Contains(payload, "schema"))) {
			t.Errorf("%q %.99q: camera %q of %q", topic, payload, camera, device)
		}
	})
}
