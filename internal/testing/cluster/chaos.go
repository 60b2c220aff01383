package cluster

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"time"
)

// Chaos kills nodes and starts them again.
type Chaos struct {
	Nodes Nodes
	Rand  *rand.Rand
	Log   func(format string, values ...any)

	Kills, Stalls, WithoutQuorum int
}

// healing is how long nodes may take to be a cluster again, on a busy machine.
const healing = 3 * time.Minute

// Run does so until end: one node at a time as a rule, which is killed or, more rarely, stopped for a while, as by a machine that
// swaps; now and then a second one before the first is back, which leaves no quorum. All nodes run when it returns.
func (c *Chaos) Run(ctx context.Context, end time.Time) error {
	for time.Now().Before(end) {
		if err := sleep(ctx, c.between(time.Second, 5*time.Second)); err != nil {
			return err
		}
		order := c.Rand.Perm(len(c.Nodes))
		victims := Nodes{c.Nodes[order[0]]}
		if c.Rand.IntN(6) == 0 {
			victims = append(victims, c.Nodes[order[1]])
			c.WithoutQuorum++
		}
		hit, heal := c.kill, c.start
		if c.Rand.IntN(4) == 0 {
			hit, heal = c.stall, c.wake
		}
		for _, n := range victims {
			hit(n)
			if err := sleep(ctx, c.between(200*time.Millisecond, 2*time.Second)); err != nil {
				return err
			}
		}
		if err := sleep(ctx, c.between(500*time.Millisecond, 6*time.Second)); err != nil {
			return err
		}
		for _, n := range victims {
			if err := heal(n); err != nil {
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
	ctx, cancel := context.WithTimeout(ctx, healing)
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
