// Package homeassistant tells Home Assistant which cameras there are, by the discovery of its MQTT integration.
//
// [Documents] makes of a description what is to be announced: a retained document for the machine, and one for each
// camera, with an entity for whatever is worth one. The entities stand in one table, which docs/homeassistant.md shows too.
// An [Announcer] says which document is to be sent when. Both are pure: publish/mqtt has the clock and the connection.
//
// What Home Assistant makes of a document was tried with its version 2026.4; each oddity has a comment where the document
// is shaped after it.
package homeassistant

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/inceptiond/inceptiond/publish"
)

// Options say who announces, and how.
type Options struct {
	Discovery   string // the prefix under which Home Assistant looks for documents; empty: homeassistant
	StatusTopic string // where it says that it has started; empty: homeassistant/status

	Device   string        // the machine's name
	Prefix   string        // of the topics of messages
	Version  string        // of the program
	Report   time.Duration // from one report (stats, system) to the next; 0: there are none
	Commands []string      // that subscribers may give: pause, classify, enter and others
}

// Document announces a device of Home Assistant: the machine or a camera.
type Document struct {
	Topic   string
	Camera  string // empty: it is the machine's
	Payload []byte // JSON; empty: the device is gone

	says document // Payload
}

const project = "https://github.com/inceptiond/inceptiond"

// WithDefaults fills what is left out.
func (o Options) WithDefaults() Options {
	if o.Discovery == "" {
		o.Discovery = "homeassistant"
	}
	if o.StatusTopic == "" {
		o.StatusTopic = "homeassistant/status"
	}
	return o
}

// plain is what Home Assistant takes for a level of a discovery topic.
var plain = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// Check tells whether Home Assistant could understand the topics of o.
func (o Options) Check() error {
	switch {
	case !plain.MatchString(o.Device):
		return fmt.Errorf("homeassistant: device name %q: want a-z, A-Z, 0-9, - and _, as Home Assistant does", o.Device)
	case strings.ContainsAny(o.StatusTopic, "+#"):
		return fmt.Errorf("homeassistant: status topic %q: want one topic, without + and #", o.StatusTopic)
	case o.Report < 0:
		return fmt.Errorf("homeassistant: report each %v: want 0 (none) or more", o.Report)
	}
	return nil
}

// Topic is that of the document of camera; of the machine's if camera is empty. There are two levels and not one name, as
// names may hold the sign that would be between them.
func (o Options) Topic(camera string) string {
	if camera == "" {
		return o.root() + "/config"
	}
	return o.root() + "/" + camera + "/config"
}

// Filter is the topic filter of the documents of all cameras, and AllFilter that of whatever is below the device's name.
func (o Options) Filter() string    { return o.Topic("+") }
func (o Options) AllFilter() string { return o.root() + "/#" }

// camera is the one whose document has this topic, empty if it is none's.
func (o Options) camera(topic string) string {
	rest, _ := strings.CutPrefix(topic, o.root()+"/")
	camera, found := strings.CutSuffix(rest, "/config")
	if !found || !plain.MatchString(camera) || o.Topic(camera) != topic {
		return ""
	}
	return camera
}

// root is what all topics of documents begin with.
func (o Options) root() string { return o.Discovery + "/device/inceptiond_" + o.Device }

// id is the identifier of a device, or of an entity: those of the machine, of a camera, or of something of it.
func (o Options) id(levels ...string) string {
	return strings.Join(append([]string{"inceptiond", o.Device}, levels...), "/")
}

// Documents announce what is in i, the machine first: else Home Assistant makes a device without a name of it when it
// comes to the first camera. A camera whose name cannot be in a discovery topic is left out.
func Documents(o Options, i publish.Inventory) []Document {
	documents := []Document{machine(o, i)}
	for _, c := range i.Cameras {
		if plain.MatchString(c.Name) {
			documents = append(documents, camera(o, i, c))
		}
	}
	return documents
}

func machine(o Options, i publish.Inventory) Document {
	d := document{
		Device:       device{IDs: []string{o.id()}, Name: o.Device, Model: "machine", Page: i.Page},
		Availability: []availability{o.machineThere()},
		Components:   components(o, machineEntities(), publish.Listed{}),
	}
	return newDocument(o, "", d)
}

func camera(o Options, i publish.Inventory, c publish.Listed) Document {
	d := document{
		Device: device{IDs: []string{o.id(c.Name)}, Name: o.Device + " " + c.Name, Model: "camera", Via: o.id(), Page: i.Page},
		Mode:   "all",
		Availability: []availability{o.machineThere(), {
			Topic:    o.Prefix + "/" + c.Name + "/status",
			Template: "{{ 'online' if value_json.state == 'online' else 'offline' }}",
		}},
		Components: components(o, cameraEntities(), c),
	}
	return newDocument(o, c.Name, d)
}

// newDocument is the one that says d, of a camera or of the machine.
func newDocument(o Options, camera string, d document) Document {
	d.Device.Manufacturer, d.Device.Version = "inceptiond", o.Version
	d.Origin = origin{Name: "inceptiond", Version: o.Version, URL: project}
	return Document{Topic: o.Topic(camera), Camera: camera, Payload: d.encode(), says: d}
}

func (o Options) machineThere() availability { return availability{Topic: o.Prefix + "/status"} }

// A document, as it looks. Home Assistant refuses one with a key at its root, in dev or in o that it does not know.
type (
	document struct {
		Device       device               `json:"dev"`
		Origin       origin               `json:"o"`
		Mode         string               `json:"availability_mode,omitempty"`
		Availability []availability       `json:"availability"`
		Components   map[string]component `json:"cmps"`
	}
	device struct {
		IDs          []string `json:"ids"`
		Name         string   `json:"name"`
		Manufacturer string   `json:"mf"`
		Model        string   `json:"mdl"`
		Version      string   `json:"sw"`
		Via          string   `json:"via_device,omitempty"`
		Page         string   `json:"cu,omitempty"`
	}
	origin struct {
		Name    string `json:"name"`
		Version string `json:"sw"`
		URL     string `json:"url"`
	}
	availability struct {
		Topic    string `json:"topic"`
		Template string `json:"value_template,omitempty"`
	}
)

// encode is d as JSON.
func (d document) encode() []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(d); err != nil {
		panic("homeassistant: " + err.Error()) // texts and finite numbers
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
}

// platforms are those of the components of d that are there, by their keys.
func (d document) platforms() map[string]string {
	of := map[string]string{}
	for key, c := range d.Components {
		if c.ID != "" {
			of[key] = c.Platform
		}
	}
	return of
}

// platformsOf are those of a document of ours, which may be of another version of the program. What Home Assistant would refuse a
// document for is left out.
func platformsOf(payload []byte) map[string]string {
	var d struct {
		Components map[string]struct {
			Platform string `json:"p"`
			ID       string `json:"unique_id"`
		} `json:"cmps"`
	}
	json.Unmarshal(payload, &d) // what cannot be read has nothing
	of := map[string]string{}
	for key, c := range d.Components {
		if c.ID != "" && plain.MatchString(key) && slices.Contains(platforms, c.Platform) {
			of[key] = c.Platform
		}
	}
	return of
}

// ours tells whether a document says that it was made by this program. It may have been cut.
func ours(payload []byte) bool { return bytes.Contains(payload, []byte(`"o":{"name":"inceptiond"`)) }

var machineStatus = regexp.MustCompile(`"availability":\[\{"topic":("(?:[^"\\]|\\.)*/status")`)

// StatusOf is the topic that says whether the machine is there whose document this is, which may have been cut; empty: the
// document does not tell.
func StatusOf(document []byte) (topic string) {
	if m := machineStatus.FindSubmatch(document); m != nil {
		json.Unmarshal(m[1], &topic)
	}
	return topic
}
