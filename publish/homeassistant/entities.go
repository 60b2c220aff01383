package homeassistant

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/inceptiond/inceptiond/publish"
)

// entity is one of the entities of a device: a row of the tables below.
type entity struct {
	key   string // of its component, and the last level of its id
	about string // what it shows or does, for people
	needs string // what it needs to be there, for people; empty: nothing

	on   func(o Options, c publish.Listed) bool             // whether that is so; nil: always
	fit  func(made *component, o Options, c publish.Listed) // what depends on the camera; nil: nothing
	made component                                          // its topics are below the camera, or for the machine's below the prefix
}

// component is an entity in a document, as it looks. With more than its platform it must have an id, or Home Assistant
// refuses the whole document.
type component struct {
	Platform   string `json:"p"`
	QoS        int    `json:"qos,omitempty"` // in each component: beside cmps, Home Assistant up to 2026.5.1 does not use it
	ID         string `json:"unique_id,omitempty"`
	Name       string `json:"name,omitempty"`
	Class      string `json:"device_class,omitempty"`
	Category   string `json:"entity_category,omitempty"`
	Unit       string `json:"unit_of_measurement,omitempty"`
	StateClass string `json:"state_class,omitempty"`
	*scale

	Options    []string `json:"options,omitempty"`
	EventTypes []string `json:"event_types,omitempty"`

	Availability []availability `json:"availability,omitempty"` // instead of the document's
	ExpireAfter  int            `json:"expire_after,omitempty"` // seconds; of what comes with the reports alone: what is retained does not come again

	StateTopic      string `json:"state_topic,omitempty"`
	Template        string `json:"value_template,omitempty"`
	CommandTopic    string `json:"command_topic,omitempty"`
	ImageTopic      string `json:"image_topic,omitempty"`
	ContentType     string `json:"content_type,omitempty"`
	AttributesTopic string `json:"json_attributes_topic,omitempty"`
}

// scale is what a number may be.
type scale struct {
	Min  float64 `json:"min"`
	Max  float64 `json:"max"`
	Step float64 `json:"step"`
}

// off is in the place of a component that is not to be there: it removes one that was. Without it, Home Assistant would keep
// that one.
var off = component{Platform: "image"}

const (
	measurement = "measurement"
	diagnostic  = "diagnostic"
)

// cameraEntities are those of a camera.
func cameraEntities() []entity {
	return []entity{
		{key: "class", about: "what is decided; why is in its attributes", fit: fitClass,
			made: component{Platform: "sensor", Name: "Class", StateTopic: "decision", AttributesTopic: "decision"}},
		{key: "confidence", about: "the score of that", made: component{Platform: "sensor", Name: "Confidence", Unit: "%", StateClass: measurement,
			StateTopic: "decision", Template: "{{ (value_json.score*100)|round(1) if value_json.score is not none else None }}"}},
		{key: "change", about: "an event for each change of it, as long as Home Assistant listens", fit: fitChange,
			made: component{Platform: "event", Name: "Change", StateTopic: "change"}},
		{key: "different", about: "the scene looks different from normal; unknown until that is decided", needs: "`normal`", on: hasNormal,
			made: component{Platform: "binary_sensor", Name: "Looks different", Class: "problem",
				StateTopic: "decision", Template: "{{ {true:'ON',false:'OFF'}.get(value_json.different | default(None)) }}"}},
		{key: "image", about: "the picture of the last change", needs: "`snapshot.mqtt`", on: hasSnapshots,
			made: component{Platform: "image", Name: "Last change", ImageTopic: "snapshot", ContentType: "image/jpeg"}},
		{key: "camera", about: "connected while frames come, disconnected while it is lost, else unknown", fit: aloneThere,
			made: component{Platform: "binary_sensor", Name: "Camera", Class: "connectivity", Category: diagnostic,
				StateTopic: "status", Template: "{{ {'online':'ON','lost':'OFF'}.get(value_json.state) }}"}},
		{key: "gate", about: "which frames the model gets: open, idle or off", fit: aloneThere,
			made: component{Platform: "sensor", Name: "Gate", Class: "enum", Category: diagnostic,
				Options:    []string{string(publish.GateOpen), string(publish.GateIdle), string(publish.GateOff)},
				StateTopic: "gate", Template: "{{ value_json.state }}", AttributesTopic: "gate"}},
		{key: "engine", about: "what runs the model", made: component{Platform: "sensor", Name: "Engine", Category: diagnostic,
			StateTopic: "engine", Template: "{{ value_json.engine | default('none') }}"}},
		{key: "rate", about: "frames that the model answers in a second", needs: "`mqtt.report`", on: hasReports, fit: expires,
			made: component{Platform: "sensor", Name: "Rate", Unit: "fps", StateClass: measurement, Category: diagnostic,
				StateTopic: "stats", Template: "{{ value_json.results_per_second | default(None) }}"}},
		{key: "pause", about: "pauses the camera", needs: "`pause` in `mqtt.commands`", on: may("pause"), fit: aloneThere,
			made: component{Platform: "switch", Name: "Pause", CommandTopic: "paused/set",
				StateTopic: "settings", Template: "{{ 'ON' if value_json.paused else 'OFF' }}"}},
		{key: "classify", about: "gives the model the next frame", needs: "`classify` in `mqtt.commands`", on: may("classify"),
			made: component{Platform: "button", Name: "Classify now", CommandTopic: "classify/set"}},
		{key: "enter", about: "the score from which on a class is decided", needs: "`enter` in `mqtt.commands`", on: may("enter"), fit: aloneThere,
			made: component{Platform: "number", Name: "Threshold", Category: "config", scale: &scale{0, 1, 0.01}, CommandTopic: "enter/set",
				StateTopic: "settings", Template: "{{ value_json.enter }}"}},
	}
}

// machineEntities are those of the machine.
func machineEntities() []entity {
	return []entity{
		{key: "temperature", about: "of the hottest zone", needs: "`mqtt.report`", on: hasReports, fit: expires,
			made: component{Platform: "sensor", Name: "Temperature", Class: "temperature", Unit: "°C", StateClass: measurement, Category: diagnostic,
				StateTopic: "system", Template: "{{ value_json.temperature | default(None) }}"}},
		{key: "duty", about: "share of the time that models may work: less while the machine is hot", needs: "`mqtt.report`", on: hasReports, fit: expires,
			made: component{Platform: "sensor", Name: "Duty", Unit: "%", StateClass: measurement, Category: diagnostic,
				StateTopic: "system", Template: "{{ (value_json.duty*100)|round(1) if value_json.duty is defined else None }}"}},
		{key: "low_voltage", about: "the supply is too low; unknown where the machine cannot tell", needs: "`mqtt.report`", on: hasReports, fit: expires,
			made: component{Platform: "binary_sensor", Name: "Low voltage", Class: "problem", Category: diagnostic,
				StateTopic: "system", Template: "{{ ('ON' if value_json.low_voltage else 'OFF') if value_json.low_voltage is defined else None }}"}},
		{key: "config", about: "the configuration file was refused, and the one before goes on",
			made: component{Platform: "binary_sensor", Name: "Configuration", Class: "problem", Category: diagnostic,
				StateTopic: "config", Template: "{{ 'ON' if value_json.state == 'refused' else 'OFF' }}"}},
		{key: "events_waiting", about: "events that the broker has not acknowledged",
			made: component{Platform: "sensor", Name: "Events waiting", StateClass: measurement, Category: diagnostic,
				StateTopic: "spool", Template: "{{ value_json.waiting }}"}},
	}
}

// What an entity needs to be there.

func hasSnapshots(_ Options, c publish.Listed) bool { return c.Snapshots }

func hasNormal(_ Options, c publish.Listed) bool { return c.Normal }

func hasReports(o Options, _ publish.Listed) bool { return o.Report > 0 }

func may(command string) func(Options, publish.Listed) bool {
	return func(o Options, _ publish.Listed) bool { return slices.Contains(o.Commands, command) }
}

// What depends on the camera, or on how often there are reports.

// fitClass lists what the state may be, as the device class enum wants. Home Assistant strips what a template gives, and takes
// no state of more than 255 characters; of such a label, the template makes what is listed.
func fitClass(made *component, _ Options, c publish.Listed) {
	names, listed := publish.ClassNames(c.Classes)
	if listed {
		made.Class, made.Options = "enum", names
	}
	made.Template = "{{ value_json.label or 'none' }}"
	if slices.ContainsFunc(c.Classes, awkward) {
		made.Template = "{{ ((value_json.label or '')|trim)[:255] or 'none' }}"
	}
}

// awkward tells whether Home Assistant would make something else of label than what is listed.
func awkward(label string) bool {
	return utf8.RuneCountInString(label) > publish.MaxClassName || label != "" && strings.TrimSpace(label) == ""
}

func fitChange(made *component, _ Options, c publish.Listed) {
	names, listed := publish.ClassNames(c.Classes)
	if !listed {
		names = []string{publish.ChangeOther}
	}
	made.EventTypes = names
}

// aloneThere has an entity be there whenever the machine is: a camera that is paused is not broken, and can be switched on.
func aloneThere(made *component, o Options, _ publish.Listed) {
	made.Availability = []availability{o.machineThere()}
}

// expires has the value of an entity be unknown when three reports have not come.
func expires(made *component, o Options, _ publish.Listed) {
	made.ExpireAfter = max(int((3*o.Report+time.Second-1)/time.Second), 1)
}

// components are the entities of c, or of the machine if c has no name.
func components(o Options, entities []entity, c publish.Listed) map[string]component {
	of := make(map[string]component, len(entities))
	for _, e := range entities {
		if e.on != nil && !e.on(o, c) {
			of[e.key] = off
			continue
		}
		made := e.made
		if e.fit != nil {
			e.fit(&made, o, c)
		}
		made.QoS, made.ID = 1, o.id(e.key)
		below := o.Prefix + "/"
		if c.Name != "" {
			made.ID, below = o.id(c.Name, e.key), below+c.Name+"/"
		}
		for _, topic := range []*string{&made.StateTopic, &made.CommandTopic, &made.ImageTopic, &made.AttributesTopic} {
			if *topic != "" {
				*topic = below + *topic
			}
		}
		of[e.key] = made
	}
	return of
}
