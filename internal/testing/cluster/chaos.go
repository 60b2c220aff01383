package cluster

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"time"
)

// Chaos kills nodes, stops them for a while, cuts them off from each other, and mends all that.
type Chaos struct {
	Nodes    Nodes
	Network  *Network
	Rand     *rand.Rand
	Log      func(format string, values ...any)
	At       func(*Node) int // how many devices are connected to it
	Patience time.Duration   // until nodes are a cluster again, on a busy machine

	Kills, Stalls, Cuts, Pairs int // Pairs: how often two nodes were hit at once
}

// fault is something that happens to a node.
type fault struct {
	often       int // of the sum of all faults
	hit         func(*Node)
	heal        func(*Node) error
	least, most time.Duration // until it is healed
}

// faults are those of which Run draws. Nodes notice after 4 to 9 seconds that they do not hear their leader, and a leader after 10 that
// nobody hears it; a device waits 10 seconds for an acknowledgement: cuts are shorter than that, and longer.
func (c *Chaos) faults() []fault {
	const short, long = 500 * time.Millisecond, 6 * time.Second
	const blink, outage = 2 * time.Second, 25 * time.Second
	return []fault{
		{6, c.kill, c.start, short, long},
		{2, c.stall, c.wake, short, long},
		{2, c.cut("nothing comes from it or to it", func(n *Node) { c.Network.Hold(n, true, true) }), c.mend, blink, outage},
		{1, c.cut("it is not heard", func(n *Node) { c.Network.Hold(n, true, false) }), c.mend, blink, outage},
		{1, c.cut("it hears nothing", func(n *Node) { c.Network.Hold(n, false, true) }), c.mend, blink, outage},
		{1, c.cut("its connections are closed", c.Network.Tear), c.mend, blink, outage},
		{1, c.cut("it is slow", func(n *Node) { c.Network.Slow(n, c.between(50*time.Millisecond, 400*time.Millisecond)) }), c.mend, blink, outage},
	}
}

// draw is one of faults.
func (c *Chaos) draw() fault {
	var all []fault
	for _, f := range c.faults() {
		for range f.often {
			all = append(all, f)
		}
	}
	return all[c.Rand.IntN(len(all))]
}

// Run does so until end: one node at a time as a rule; now and then the same happens to a second one before the first is well again, which as a rule
// leaves no quorum. All nodes run, and reach each other, when it returns.
func (c *Chaos) Run(ctx context.Context, end time.Time) error {
	for time.Now().Before(end) {
		if err := sleep(ctx, c.between(time.Second, 5*time.Second)); err != nil {
			return err
		}
		order := c.Rand.Perm(len(c.Nodes))
		victims := Nodes{c.Nodes[order[0]]}
		if c.Rand.IntN(6) == 0 {
			victims = append(victims, c.Nodes[order[1]])
			c.Pairs++
		}
		f := c.draw()
		for _, n := range victims {
			f.hit(n)
			if err := sleep(ctx, c.between(200*time.Millisecond, 2*time.Second)); err != nil {
				return err
			}
		}
		if err := sleep(ctx, c.between(f.least, f.most)); err != nil {
			return err
		}
		for _, n := range victims {
			if err := f.heal(n); err != nil {
				return err
			}
		}
		if err := c.await(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Restart kills all nodes at once, and starts them after away.
func (c *Chaos) Restart(ctx context.Context, away time.Duration) error {
	for _, n := range c.Nodes {
		c.kill(n)
	}
	if err := sleep(ctx, away); err != nil {
		return err
	}
	for _, n := range c.Nodes {
		if err := c.start(n); err != nil {
			return err
		}
	}
	return nil
}

func (c *Chaos) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.Patience)
	defer cancel()
	start := time.Now()
	if err := c.Nodes.AwaitHealthy(ctx); err != nil {
		return err
	}
	c.Log("all nodes are healthy after %.1f s", time.Since(start).Seconds())
	return nil
}

func (c *Chaos) kill(n *Node) {
	c.Kills++
	c.Log("kill %s", n.Name)
	n.Kill()
}

func (c *Chaos) start(n *Node) error {
	c.Log("start %s", n.Name)
	return n.Start()
}

func (c *Chaos) stall(n *Node) {
	c.Stalls++
	c.Log("stop %s for a while", n.Name)
	n.Signal(syscall.SIGSTOP)
}

func (c *Chaos) wake(n *Node) error {
	c.Log("let %s go on", n.Name)
	n.Signal(syscall.SIGCONT)
	return nil
}

// cut returns what does something to the ways between a node and the others.
func (c *Chaos) cut(what string, do func(*Node)) func(*Node) {
	return func(n *Node) {
		c.Cuts++
		c.Log("cut %s off: %s; %d devices are there", n.Name, what, c.At(n))
		do(n)
	}
}

func (c *Chaos) mend(n *Node) error {
	c.Log("%s is no longer cut off; %d devices are there", n.Name, c.At(n))
	c.Network.Heal()
	return nil
}

// between is a random time.
func (c *Chaos) between(least, most time.Duration) time.Duration {
	return least + time.Duration(c.Rand.Int64N(int64(most-least)))
}

// names of nodes, for people.
func (nodes Nodes) String() string {
	var list []string
	for _, n := range nodes {
		list = append(list, fmt.Sprint(n.Name))
	}
	return strings.Join(list, ", ")
}
