package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/inceptiond/inceptiond/publish"
)

// telegraf is an example for Telegraf: figures of machines and cameras.
func telegraf() []byte {
	var b bytes.Buffer
	b.WriteString("# Figures of inceptiond for Telegraf: an input for each kind of message. Which machine and which camera is in the topic.\n")
	input := func(key publish.Key, topics, parsing, format string) {
		fmt.Fprintf(&b, "\n[[inputs.mqtt_consumer]]\n  servers = [\"tcp://127.0.0.1:1883\"]\n  topics = [%q]\n  qos = 0\n  data_format = %s\n  name_override = %q\n", topics, format, "inceptiond_"+key.Kind.Name)
		fmt.Fprintf(&b, "  [[inputs.mqtt_consumer.topic_parsing]]\n    topic = %q\n    tags = %q\n", topics, parsing)
	}
	section := func(key publish.Key, topics, parsing string, fields ...string) {
		input(key, topics, parsing, `"json_v2"`)
		b.WriteString("  [[inputs.mqtt_consumer.json_v2]]\n")
		for _, path := range fields {
			kind := "float"
			if strings.HasPrefix(path, "label") || path == "state" {
				kind = "string"
			}
			fmt.Fprintf(&b, "    [[inputs.mqtt_consumer.json_v2.field]]\n      path = %q\n      type = %q\n      optional = true\n", path, kind)
		}
	}
	section(publish.Stats{}.Key(), "inceptiond/+/+/"+publish.Stats{}.Key().Topic(), "_/device/camera/_", "frames_per_second", "results_per_second")
	section(publish.Decision{}.Key(), "inceptiond/+/+/"+publish.Decision{}.Key().Topic(), "_/device/camera/_", "label", "score")
	input(publish.Counted{}.Key(), "inceptiond/+/+/"+publish.Counted{Topic: "+"}.Key().Topic(), "_/device/camera/_/label", "\"value\"\n  data_type = \"integer\"")
	section(publish.System{}.Key(), "inceptiond/+/"+publish.System{}.Key().Topic(), "_/device/_", "temperature", "duty")
	return b.Bytes()
}
