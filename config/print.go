package config

import (
	"bytes"
	"math"

	"go.yaml.in/yaml/v3"
)

// YAML is the whole of c as a config file, without secrets: every default is written out, every path is resolved.
func (c Config) YAML() []byte { return encode(c) }

// String is YAML.
func (c Config) String() string { return string(encode(c)) }

// String is the camera's part of the file, without secrets. (Without it, fmt would follow HTTP where it asks no method.)
func (c Camera) String() string { return string(encode(c)) }

// Values is what c says as JSON could have it: sections by the keys of the file, without secrets. Durations and sizes are
// texts as in the file.
func (c Config) Values() map[string]any {
	var v map[string]any
	if err := yaml.Unmarshal(encode(c), &v); err != nil { // it has just been written
		panic("config: values: " + err.Error())
	}
	return finite(v).(map[string]any)
}

// finite is v without numbers that JSON does not have: a file with mistakes may have them.
func finite(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			v[name] = finite(value)
		}
	case []any:
		for i, value := range v {
			v[i] = finite(value)
		}
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
	}
	return v
}

func encode(v any) []byte {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(v); err != nil { // no type in Config has a reason
		panic("config: encode: " + err.Error())
	}
	return b.Bytes()
}
