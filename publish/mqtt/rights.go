package mqtt

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/mqtt/mqtt5"
)

// maxAsked is the most topics that a broker is asked for: the first ones, of which events matter most.
const maxAsked = 120

// topics are those that are written for what is in i, as far as that is certain: events first.
func (o Options) topics(i publish.Inventory) []string {
	event := publish.Event{}.Key().Kind
	kinds := slices.DeleteFunc(publish.Kinds(), func(k publish.Kind) bool { return k == event })
	var list []string
	for _, k := range append([]publish.Kind{event}, kinds...) {
		if k.Scope != publish.OfCamera && o.uses(k, publish.Listed{}) {
			list = append(list, o.Prefix+"/"+publish.Key{Kind: k}.Topic())
		}
		if k.Scope == publish.OfDevice {
			continue
		}
		for _, l := range i.Cameras {
			for _, name := range o.names(k, l) {
				list = append(list, o.Prefix+"/"+publish.Key{Kind: k, Camera: l.Name, Name: name}.Topic())
			}
		}
	}
	list = slices.Insert(list, 1, o.Prefix+"/status")
	if h := o.HomeAssistant; h != nil {
		list = append(list, h.Topic(""))
		for _, l := range i.Cameras {
			list = append(list, h.Topic(l.Name))
		}
	}
	return list
}

// names are those of the messages of a kind that are certain to be published of a camera; a kind without names has an empty one.
func (o Options) names(k publish.Kind, l publish.Listed) []string {
	switch {
	case k == publish.Counted{}.Key().Kind:
		return l.CountTopics()
	case o.uses(k, l):
		return []string{""}
	}
	return nil
}

// uses tells whether messages of a kind are certain to be published, of a camera or of the machine.
func (o Options) uses(k publish.Kind, l publish.Listed) bool {
	switch k {
	case new(publish.Snapshot).Key().Kind:
		return l.Snapshots
	case new(publish.Why).Key().Kind:
		return l.Snapshots && l.Why
	case publish.Teach{}.Key().Kind:
		return l.Taught
	case new(publish.SegmentMap).Key().Kind:
		return l.SegmentMap
	case publish.State{}.Key().Kind:
		return l.Classifies()
	case publish.Change{}.Key().Kind:
		return l.Tells()
	case publish.Ack{}.Key().Kind:
		return len(o.Commands) > 0 && o.Control != nil
	case publish.Settings{}.Key().Kind, publish.GateStatus{}.Key().Kind, publish.GPIOStatus{}.Key().Kind: // if the config has them
		return false
	}
	return !k.Report
}

// asker is who asks a broker over MQTT 5, and how it gets there.
func (c *Client) asker(ctx context.Context, id string) (mqtt5.Dial, mqtt5.Login, error) {
	login := mqtt5.Login{ClientID: id, Username: c.options.Username}
	config, err := c.node().tls.config(c.node().url)
	if err != nil {
		return nil, login, err
	}
	if c.options.Password != nil {
		password, err := c.options.Password()
		if err != nil {
			return nil, login, fmt.Errorf("mqtt: password: %w", err)
		}
		login.Password = []byte(password)
	}
	d := dialer{ctx: ctx, connect: c.connectTCP(), tls: config, timeout: c.pace.connect, write: c.pace.write}
	return func(ctx context.Context) (net.Conn, error) {
		conn, raw, err := d.dial(ctx, c.node().url)
		if err != nil {
			return nil, err
		}
		return hastyConn{conn, raw}, nil
	}, login, nil
}

// hastyConn is closed at once: TLS would wait to send its alert.
type hastyConn struct {
	net.Conn
	raw net.Conn
}

func (c hastyConn) Close() error { return c.raw.Close() }

// denied are the topics that may not be written.
func denied(write map[string]bool) (topics []string) {
	for topic, may := range write {
		if !may {
			topics = append(topics, topic)
		}
	}
	slices.Sort(topics)
	return topics
}

// named shortens a list of topics for people: those that are alike, and all of which are denied, become one with a +.
func named(prefix string, write map[string]bool) (short []string) {
	last := map[string][2]int{} // by the last level of a camera's topic: how many are denied, and of how many
	split := func(topic string) (camera, level string, ok bool) {
		rest, ours := strings.CutPrefix(topic, prefix+"/")
		camera, level, found := strings.Cut(rest, "/")
		return camera, level, ours && found
	}
	for topic, may := range write {
		if _, level, ok := split(topic); ok {
			n := last[level]
			n[1]++
			if !may {
				n[0]++
			}
			last[level] = n
		}
	}
	for _, topic := range denied(write) {
		if _, level, ok := split(topic); ok && last[level][0] == last[level][1] && last[level][1] > 1 {
			topic = prefix + "/+/" + level
		}
		if !slices.Contains(short, topic) {
			short = append(short, topic)
		}
	}
	return short
}

// rightsHint says how to give us the right to write.
func (c *Client) rightsHint(write map[string]bool) string {
	lines := []string{"topic readwrite " + c.options.Prefix + "/#"}
	for _, topic := range denied(write) {
		if h := c.options.HomeAssistant; h != nil && !strings.HasPrefix(topic, c.options.Prefix+"/") {
			lines = append(lines, "topic readwrite "+strings.TrimSuffix(h.Topic(""), "config")+"#")
			break
		}
	}
	above := ""
	if c.options.Username != "" {
		above = fmt.Sprintf(" below the line `user %s`", c.options.Username)
	}
	return fmt.Sprintf("in the broker's access rules let %s write them (mosquitto, in acl_file%s: %s)", c.options.who(), above, strings.Join(lines, "; "))
}
