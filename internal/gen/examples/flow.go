package main

import (
	"encoding/json"
	"fmt"

	"github.com/inceptiond/inceptiond/daemon/control"
	"github.com/inceptiond/inceptiond/publish"
)

// node is a node of a flow, as Node-RED exports it.
type node map[string]any

const tab, server = "inceptiond-tab", "inceptiond-broker"

// any device and camera, one of each, and one that counts.
const everyCamera, oneCamera, detector = "inceptiond/+/+/", "inceptiond/gate-pi/drive/", "inceptiond/gate-pi/gate/"

// flow is an example for Node-RED: a lamp that follows a decision, a message when a camera is away, buttons that pause one, a light that
// is on while somebody is there, and a message when one more comes.
func flow() []byte {
	decision, status, ack := publish.Decision{}.Key().Topic(), publish.CameraStatus{}.Key().Topic(), publish.Ack{}.Key().Topic()
	nodes := []node{
		{"id": tab, "type": "tab", "label": "inceptiond"},
		{"id": server, "type": "mqtt-broker", "name": "broker", "broker": "127.0.0.1", "port": "1883", "autoConnect": true, "cleansession": true, "protocolVersion": "4"},

		at(1, 1, in("decision", everyCamera+decision, "is-decision")),
		at(2, 1, choose("is-decision", "a decision, not an empty message", `$type(payload) = "object"`, []string{"lamp-value"})),
		at(3, 1, set("lamp-value", "a dog?", "payload", `payload.label = "dog" ? "ON" : "OFF"`, "lamp")),
		at(4, 1, out("lamp", "home/lamp/set")),

		at(1, 2, in("status", everyCamera+status, "is-away")),
		// Empty is a camera that was taken out; paused is one that somebody has closed.
		at(2, 2, choose("is-away", "not online", fmt.Sprintf(`$type(payload) = "object" and $not(payload.state in [%q, %q])`,
			publish.CameraOnline, publish.CameraPaused), []string{"five-minutes"}, []string{"is-back"})),
		at(3, 3, set("is-back", "online, paused or taken out", "reset", `true`, "five-minutes")),
		at(3, 2, node{"id": "five-minutes", "type": "trigger", "z": tab, "name": "for 5 minutes", "op1": "", "op2": "", "op1type": "nul", "op2type": "pay",
			"duration": "5", "units": "min", "extend": false, "overrideDelay": false, "reset": "", "bytopic": "topic", "topic": "topic", "outputs": 1, "wires": [][]string{{"away-text"}}}),
		at(4, 2, set("away-text", "in words", "payload", `topic & " is " & payload.state & (payload.reason ? ": " & payload.reason : "")`, "message")),
		at(5, 2, out("message", "home/message")),

		at(1, 4, button("pause", control.On, "paused")),
		at(1, 5, button("go-on", control.Off, "paused")),
		at(2, 4, out("paused", oneCamera+string(control.Paused)+"/set")),
		at(1, 6, in("ack", everyCamera+ack, "answer")),
		at(2, 6, node{"id": "answer", "type": "debug", "z": tab, "name": "answer", "active": true, "tosidebar": true, "console": true, "tostatus": true,
			"complete": "payload", "targetType": "msg", "statusVal": "payload.outcome", "statusType": "msg", "wires": []string{}}),

		at(1, 7, in("count", detector+publish.Counted{Topic: "person"}.Key().Topic(), "is-count")),
		at(2, 7, choose("is-count", "a number, not an empty message", `$string(payload) != ""`, []string{"anybody"})),
		at(3, 7, set("anybody", "anybody there?", "payload", `$number(payload) > 0 ? "ON" : "OFF"`, "light")),
		at(4, 7, out("light", "home/light/set")),
		// The event tells what was before, and is told once; the retained count is told again on each connection.
		at(1, 8, in("event", detector+publish.Event{}.Key().Topic(), "one-more")),
		at(2, 8, choose("one-more", "one person more", fmt.Sprintf(`payload.kind = %q and payload.label = "person" and payload.previous and $number(payload.value) > $number(payload.previous)`,
			publish.EventCount), []string{"visitor-text"})),
		at(3, 8, set("visitor-text", "in words", "payload", `payload.value & " at " & payload.camera & ", " & payload.time`, "visitor")),
		at(4, 8, out("visitor", "home/visitor")),
	}
	text, err := json.MarshalIndent(nodes, "", "  ")
	if err != nil {
		panic(err) // of texts and numbers
	}
	return append(text, '\n')
}

// at places a node.
func at(column, row int, n node) node {
	n["x"], n["y"] = 200*column-60, 60*row
	return n
}

// in hears a topic. What is no JSON, such as an empty message, arrives as text.
func in(id, topic string, next ...string) node {
	return node{"id": id, "type": "mqtt in", "z": tab, "name": "", "topic": topic, "qos": "1", "datatype": "auto-detect", "broker": server, "nl": false, "rap": true, "rh": 0, "inputs": 0, "wires": [][]string{next}}
}

// out sends to a topic. It says that nothing is to be retained: left empty, it would take that from the message that came in, and a
// retained decision became a retained command.
func out(id, topic string) node {
	return node{"id": id, "type": "mqtt out", "z": tab, "name": "", "topic": topic, "qos": "1", "retain": "false", "respTopic": "", "contentType": "", "userProps": "", "correl": "", "expiry": "", "broker": server, "wires": []string{}}
}

// choose lets messages for which a JSONata expression is true go to the first wires, and others to the second, if there are any.
func choose(id, name, expression string, wires ...[]string) node {
	rules := []node{{"t": "jsonata_exp", "v": expression, "vt": "jsonata"}}
	if len(wires) > 1 {
		rules = append(rules, node{"t": "else"})
	}
	return node{"id": id, "type": "switch", "z": tab, "name": name, "property": "payload", "propertyType": "msg", "rules": rules, "checkall": "false", "repair": false, "outputs": len(wires), "wires": wires}
}

// set gives a property of messages the value of a JSONata expression.
func set(id, name, property, expression, next string) node {
	return node{"id": id, "type": "change", "z": tab, "name": name, "rules": []node{{"t": "set", "p": property, "pt": "msg", "to": expression, "tot": "jsonata"}}, "wires": [][]string{{next}}}
}

// button sends a text when it is pressed.
func button(id, payload, next string) node {
	return node{"id": id, "type": "inject", "z": tab, "name": id, "props": []node{{"p": "payload"}}, "repeat": "", "crontab": "", "once": false, "onceDelay": 0.1, "topic": "", "payload": payload, "payloadType": "str", "wires": [][]string{{next}}}
}
