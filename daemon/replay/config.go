package replay

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Setting is a key of two configs in which they differ, with both values.
type Setting struct {
	Key string `json:"key"`
	A   string `json:"before"`
	B   string `json:"now"`
}

// Settings are the keys in which two configs differ, by their values, as far as they are about those cameras and models.
func Settings(a, b map[string]any, cameras, models []string) []Setting {
	list := []Setting{}
	x, y := map[string]string{}, map[string]string{}
	for flat, values := range map[*map[string]string]map[string]any{&x: a, &y: b} {
		for section, names := range map[string][]string{"cameras": cameras, "models": models} {
			all, _ := values[section].(map[string]any)
			for _, name := range names {
				flatten(*flat, section+"."+name, all[name])
			}
		}
	}
	keys := slices.Collect(maps.Keys(x))
	for key := range y {
		if _, there := x[key]; !there {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		if x[key] != y[key] {
			list = append(list, Setting{key, orDefault(x[key]), orDefault(y[key])})
		}
	}
	return list
}

func orDefault(value string) string {
	if value == "" {
		return "not set"
	}
	return value
}

// flatten puts the values in v, which key has, by their keys.
func flatten(to map[string]string, key string, v any) {
	if section, ok := v.(map[string]any); ok {
		for name, value := range section {
			flatten(to, key+"."+name, value)
		}
		return
	}
	if v != nil {
		to[key] = strings.TrimSpace(fmt.Sprint(v))
	}
}
