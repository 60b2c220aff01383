package main_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// ofHome is the config of cameras that Home Assistant hears of. A drawn scene comes once an hour: what is decided stays.
const ofHome = `
device: home
mqtt: {broker: 'mqtt://%s', prefix: away, report: 1s, commands: [pause], spool: {path: off}, homeassistant: {enabled: true}}
models: {demo: {threads: 1}}
cameras:
  front: {demo: {width: 96, height: 64, seed: 7, interval: 1h}, decision: {enter: 0.1, margin: 0, groups: {%s}}}
%s`

const (
	homeRoot  = "homeassistant/device/inceptiond_home/"
	frontHome = homeRoot + "front/config"
	yardHome  = homeRoot + "yard/config"
	yard      = "  yard: {demo: {width: 96, height: 64, seed: 7, interval: 1h}}\n"
)

// TestHomeAssistant looks at what the program announces: what there is, at once; that classes have changed, after what was
// decided is none; and that a camera is gone.
func TestHomeAssistant(t *testing.T) {
	t.Parallel()
	address := freeAddress(t)
	startBroker(t, address)
	r := record(t, address)
	dir := t.TempDir()
	config := func(group, others string) string { return fmt.Sprintf(ofHome, address, group, others) }
	writeConfig(t, dir, config(`round: ["*ring", "*circle"]`, yard))
	p := startProgram(t, dir, "run", "-c", configName, "--output", "none")
	r.await(t, homeRoot+"config", `"mdl":"machine"`, 1)
	r.await(t, frontHome, `"options":["round",`, 1)
	r.await(t, yardHome, `"topic":"away/yard/status"`, 1)
	r.await(t, frontHome, `"command_topic":"away/front/paused/set"`, 1)
	r.await(t, "away/front/decision", `"label":"`, 1)
	r.await(t, "away/front/stats", `"results_per_second":`, 1)
	r.await(t, "away/system", `"duty":1`, 1)

	p.reload(t, config(`ringlike: ["*ring"]`, yard))
	r.await(t, "away/front/decision", "classes changed", 1)
	r.await(t, frontHome, `"ringlike"`, 1)
	none := slices.IndexFunc(r.all(), func(m message) bool { return strings.Contains(m.payload, "classes changed") })
	document := slices.IndexFunc(r.all(), func(m message) bool { return m.topic == frontHome && strings.Contains(m.payload, `"ringlike"`) })
	if none > document {
		t.Errorf("the document, message %d, came before the decision none, message %d", document, none)
	}
	if n := r.count("away/front/change", `"event_type":"none"`); n != 1 {
		t.Errorf("%d changes to none", n)
	}

	p.reload(t, config(`ringlike: ["*ring"]`, ""))
	eventually(t, "the document of a camera that is gone to go", func() bool {
		all := r.all()
		last := all[len(all)-1-slices.IndexFunc(reversed(all), func(m message) bool { return m.topic == yardHome })]
		return last.payload == ""
	})
	p.interrupt(t)
	for _, m := range late(t, address) {
		if m.topic == yardHome {
			t.Errorf("the broker keeps %s", m.topic)
		}
	}
	schemas := loadSchemas(t)
	for _, m := range r.all() {
		if k := m.kind(); k == "stats" || k == "system" || k == "change" {
			schemas.check(t, k, m.payload)
		}
	}

	// Where it is switched off again, all is taken back.
	p = startProgram(t, dir, "run", "-c", configName, "--output", "none")
	eventually(t, "a connection", func() bool { return strings.Contains(p.err.String(), "connected") })
	p.reload(t, strings.ReplaceAll(config(`ringlike: ["*ring"]`, ""), "enabled: true", "enabled: false"))
	eventually(t, "all documents to go", func() bool {
		return !slices.ContainsFunc(late(t, address), func(m message) bool { return strings.HasPrefix(m.topic, homeRoot) })
	})
	p.interrupt(t)
}

// countsOfHome is the config of a detector that Home Assistant hears of. Its picture of two dogs comes once, and is looked at again and
// again.
const countsOfHome = `
device: home
mqtt: {broker: 'mqtt://%s', prefix: away, spool: {path: off}, homeassistant: {enabled: true}}
models: {coco: {file: '%[2]s/models/zoo/ssd_mobilenet_v1_coco.tflite', labels: '%[2]s/models/zoo/labels/coco_labels.txt', engine: cpu, threads: 1}}
cameras:
  gate: {source: files, files: {paths: ['%[2]s/golden/zoo/pictures/pets.jpg'], loop: true, interval: 1s}, model: coco, objects: {only: [%[3]s]}}
`

// TestHomeAssistantCounts looks at what the program announces of a real detector: entities of what it counts, each with a topic that has
// the number. What it counts no more is told to go, and is not kept; and nothing is kept of a camera that is gone, but that it has stopped.
func TestHomeAssistantCounts(t *testing.T) {
	t.Parallel()
	data, address, dir := shared.Dir(t), freeAddress(t), t.TempDir()
	startBroker(t, address)
	r := record(t, address)
	config := func(only string) string { return fmt.Sprintf(countsOfHome, address, data, only) }
	const gate = homeRoot + "gate/config"
	writeConfig(t, dir, config("dog, person"))
	p := startProgram(t, dir, "run", "-c", configName, "--output", "none")
	r.await(t, gate, `"count_dog":{"p":"sensor","qos":1,`, 1)
	r.await(t, gate, `"state_topic":"away/gate/count/dog"`, 1)
	r.await(t, gate, `"class":{"p":"sensor"}`, 1) // it decides no class
	r.await(t, "away/gate/count/dog", "2", 1)
	r.await(t, "away/gate/count/person", "0", 1)

	p.reload(t, config("person"))
	r.await(t, gate, `"count_dog":{"p":"sensor"},`, 1)
	r.await(t, gate, `"occupancy_dog":{"p":"binary_sensor"},`, 1)
	keeps := func() (kept []string) {
		for _, m := range late(t, address) {
			if level, of := strings.CutPrefix(m.topic, "away/gate/"); of && m.payload != "" {
				kept = append(kept, level)
			}
		}
		slices.Sort(kept)
		return kept
	}
	eventually(t, "the count of dogs to go", func() bool {
		kept := keeps()
		return slices.Contains(kept, "count/person") && !slices.Contains(kept, "count/dog")
	})

	p.reload(t, strings.ReplaceAll(config("person"), "gate:", "yard:"))
	r.await(t, homeRoot+"yard/config", `"count_person":{"p":"sensor","qos":1,`, 1)
	last := ""
	defer func() {
		if t.Failed() {
			t.Logf("the broker keeps %s", last)
		}
	}()
	eventually(t, "all of the gate to go but its status", func() bool { last = strings.Join(keeps(), " "); return last == "status" })
	p.interrupt(t)
}

func reversed(messages []message) []message {
	messages = slices.Clone(messages)
	slices.Reverse(messages)
	return messages
}
