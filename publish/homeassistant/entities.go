package homeassistant

import (
	"encoding/json"
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

	each func(c publish.Listed) []string    // the labels of which there is one each; nil: there is one, for the whole camera
	tell func(made *component, of labelled) // what depends on the label
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
	Enabled    *bool  `json:"enabled_by_default,omitempty"`
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
	Attributes      string `json:"json_attributes_template,omitempty"`
}

// scale is what a number may be.
type scale struct {
	Min  float64 `json:"min"`
	Max  float64 `json:"max"`
	Step float64 `json:"step"`
}

// off is in the place of a component that is not to be there: it removes one that was, of the same platform. Without it, Home
// Assistant would keep that one.
func off(platform string) component { return component{Platform: platform} }

// platforms are those of Home Assistant that components may have.
var platforms = []string{"binary_sensor", "button", "event", "image", "number", "sensor", "switch"}

const (
	measurement = "measurement"
	diagnostic  = "diagnostic"
	occupancy   = "occupancy"
)

// cameraEntities are those of a camera.
func cameraEntities() []entity {
	return []entity{
		{key: "class", about: "what is decided; why is in its attributes", needs: "a classifier, or `people`", on: tells, fit: fitClass,
			made: component{Platform: "sensor", Name: "Class", StateTopic: "decision", AttributesTopic: "decision"}},
		{key: "confidence", about: "the score of that", needs: "the same", on: tells,
			made: component{Platform: "sensor", Name: "Confidence", Unit: "%", StateClass: measurement,
				StateTopic: "decision", Template: "{{ (value_json.score*100)|round(1) if value_json.score is not none else None }}"}},
		{key: "change", about: "an event for each change of it, as long as Home Assistant listens", needs: "the same", on: tells, fit: fitChange,
			made: component{Platform: "event", Name: "Change", StateTopic: "change"}},
		{key: "count", about: "how many things of a label are decided to be there", needs: "a detector, `objects.only`", each: counted, tell: nameTopic,
			made: component{Platform: "sensor", Name: "count", StateClass: measurement, StateTopic: "count", Template: "{{ value }}"}},
		{key: "occupancy", about: "whether there is any", needs: "the same", each: counted, tell: nameTopic,
			made: component{Platform: "binary_sensor", Name: "occupancy", Class: occupancy, StateTopic: "count", Template: "{{ 'ON' if value|int(0) > 0 else 'OFF' }}"}},
		{key: "share", about: "the share of the picture that a label is decided to have", needs: "a model that segments", each: shared, tell: pickShare,
			made: component{Platform: "sensor", Name: "share", Unit: "%", StateClass: measurement, StateTopic: "decision"}},
		{key: "segment_map", about: "a picture of which class is where", needs: "`objects.segment_map`", on: hasSegmentMap,
			made: component{Platform: "image", Name: "Segment map", ImageTopic: "segment_map", ContentType: "image/png"}},
		{key: "found", about: "how many objects (or `Bodies`) are in a frame; the 20 best of them, with boxes or points, are its attributes. " +
			"You have to enable it, as it changes with each result", needs: "a detector, or a model of poses", on: finds, fit: fitFound,
			made: component{Platform: "sensor", Name: "Objects", StateTopic: "result", AttributesTopic: "result", Enabled: new(bool)}},
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
		{key: "enter", about: "the score from which on a class is decided, or an object counts", needs: "`enter` in `mqtt.commands`", on: mayEnter, fit: aloneThere,
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
		{key: "broker", about: "the broker's address that it is connected to, of several. You have to enable it", needs: "`mqtt.report`", on: hasReports, fit: expires,
			made: component{Platform: "sensor", Name: "Broker", Category: diagnostic, Enabled: new(bool),
				StateTopic: "system", Template: "{{ value_json.broker | default(None) }}"}},
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

func tells(_ Options, c publish.Listed) bool { return c.Tells() }

func hasSegmentMap(_ Options, c publish.Listed) bool { return c.SegmentMap }

func finds(_ Options, c publish.Listed) bool { return foundBy(c.Task).list != "" }

func hasNormal(_ Options, c publish.Listed) bool { return c.Normal }

func hasReports(o Options, _ publish.Listed) bool { return o.Report > 0 }

func may(command string) func(Options, publish.Listed) bool {
	return func(o Options, _ publish.Listed) bool { return slices.Contains(o.Commands, command) }
}

// mayEnter tells whether the score may be changed from which on what the camera decides, decides by scores.
func mayEnter(o Options, c publish.Listed) bool {
	return may("enter")(o, c) && (c.Tells() || c.Task == publish.TaskDetect)
}

// counted are the labels of things that the camera is known to count, and shared those of areas.
func counted(c publish.Listed) []string { return few(c.Counts) }
func shared(c publish.Listed) []string  { return few(c.Shares) }

// few are the first labels, as many as Home Assistant is told of.
func few(labels []string) []string { return labels[:min(len(labels), publish.MaxListed)] }

// What depends on a label.

// labelled is one of the labels of a camera.
type labelled struct {
	label string
	level string // of its topic
}

// nameTopic has the topic be that of the label.
func nameTopic(made *component, of labelled) { made.StateTopic += "/" + of.level }

// pickShare has the share be that of the label: 0 if others have one, unknown while none has been decided.
func pickShare(made *component, of labelled) {
	made.Template = "{{ (value_json.shares.get(" + quote(of.label) + ", 0)*100)|round|int if value_json.shares is defined else None }}"
}

// quote is text in a template of Jinja, which knows the escapes of JSON.
func quote(text string) string {
	q, err := json.Marshal(text)
	if err != nil {
		panic("homeassistant: " + err.Error()) // a text has no mistakes
	}
	return string(q)
}

// entityName is what an entity of a label is called: "dog count".
func entityName(label, kind string) string {
	name := []rune(publish.ClassName(label))
	return string(name[:min(len(name), publish.MaxClassName-len(kind)-1)]) + " " + kind
}

// plainKey is a key of a component, made of a to z and _ alone, of levels of topics: digits become words.
func plainKey(levels ...string) string {
	words := strings.NewReplacer("0", "_zero_", "1", "_one_", "2", "_two_", "3", "_three_", "4", "_four_",
		"5", "_five_", "6", "_six_", "7", "_seven_", "8", "_eight_", "9", "_nine_").Replace(strings.Join(levels, "_"))
	return strings.Join(strings.FieldsFunc(words, func(r rune) bool { return r == '_' }), "_")
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

// maxFound is how many objects or bodies are attributes of an entity: Home Assistant keeps 16 kB of attributes.
const maxFound = "20"

// finding is what a model finds that is no class.
type finding struct{ name, list string }

// foundBy is what a model of a task finds, and the list of results that has it; empty: nothing with a place.
func foundBy(task string) finding {
	switch task {
	case publish.TaskDetect:
		return finding{"Objects", "detections"}
	case publish.TaskPose:
		return finding{"Bodies", "poses"}
	}
	return finding{}
}

func fitFound(made *component, _ Options, c publish.Listed) {
	f := foundBy(c.Task)
	made.Name, made.Template = f.name, "{{ value_json."+f.list+"|length }}"
	made.Attributes = "{{ {'" + f.list + "': value_json." + f.list + "[:" + maxFound + "], 'image': value_json.image}|tojson }}"
}

// components are the entities of c, or of the machine if c has no name.
func components(o Options, entities []entity, c publish.Listed) map[string]component {
	of := make(map[string]component, len(entities))
	for _, e := range entities {
		switch {
		case e.each != nil:
			labels := e.each(c)
			for i, level := range publish.Levels(labels) {
				key := plainKey(e.key, level)
				for of[key].Platform != "" { // two labels that differ in signs that keys do not have
					key += "_again"
				}
				made := e.made
				made.Name = entityName(labels[i], made.Name)
				e.tell(&made, labelled{labels[i], level})
				of[key] = made.placed(o, c, e.key, level)
			}
		case e.on != nil && !e.on(o, c):
			of[e.key] = off(e.made.Platform)
		default:
			made := e.made
			if e.fit != nil {
				e.fit(&made, o, c)
			}
			of[e.key] = made.placed(o, c, e.key)
		}
	}
	return of
}

// placed is a component with its id, which ends in levels, and its topics below the camera, or the machine if c has no name.
func (made component) placed(o Options, c publish.Listed, levels ...string) component {
	below := o.Prefix + "/"
	if c.Name != "" {
		levels, below = append([]string{c.Name}, levels...), below+c.Name+"/"
	}
	made.QoS, made.ID = 1, o.id(levels...)
	for _, topic := range []*string{&made.StateTopic, &made.CommandTopic, &made.ImageTopic, &made.AttributesTopic} {
		if *topic != "" {
			*topic = below + *topic
		}
	}
	return made
}
