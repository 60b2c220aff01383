package decide

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// table is what may be decided.
type table struct {
	candidates []candidate // in the order of the model's classes, a group where its first class is; then Unknown, if it is one
	of         []int       // by class: its candidate
	unknown    int         // the candidate Unknown; none: there is no such one
	none       rules       // that hold for none
}

// candidate is a group of classes, or a class; those of the same name are one, as nobody could tell them apart.
type candidate struct {
	name    string
	group   bool
	ignored bool // it competes, and is never decided
	own     Own
	rules
}

// name is the label of a candidate, empty for none.
func (t *table) name(i int) string {
	if i == none {
		return ""
	}
	return t.candidates[i].name
}

// labels are the names of the candidates that may be decided, each once.
func (t *table) labels() []string {
	var list []string
	seen := map[string]bool{}
	for _, c := range t.candidates {
		if !c.ignored && !seen[c.name] {
			seen[c.name] = true
			list = append(list, c.name)
		}
	}
	return list
}

// rulesOf are those of a candidate, or of none.
func (t *table) rulesOf(i int) *rules {
	if i == none {
		return &t.none
	}
	return &t.candidates[i].rules
}

// setRules gives each candidate its rules.
func (t *table) setRules(o *Options) {
	t.none = o.rules(Own{})
	for i := range t.candidates {
		t.candidates[i].rules = o.rules(t.candidates[i].own)
	}
}

// compile makes the table of a model with these classes, and sets what o leaves open. The error joins all that is wrong with o.
func compile(o *Options, classes []string) (table, error) {
	if o.Need == 0 && o.Window == 0 {
		o.Need, o.Window = 1, 1
	}
	c := compiler{classes: named(classes)}
	c.fail(o.check())
	c.table = c.group(o)
	c.unknown(o)
	c.ignore(o)
	c.own(o)
	if len(classes) > 0 && len(slices.DeleteFunc(c.table.labels(), func(l string) bool { return l == Unknown })) == 0 {
		c.fail(wrong("ignore", "nothing is left that could be decided"))
	}
	if err := errors.Join(c.errs...); err != nil {
		return table{}, err
	}
	c.table.setRules(o)
	return c.table, nil
}

// named are the classes, each with a name.
func named(classes []string) names {
	n := slices.Clone(classes)
	for i, name := range n {
		if name == "" {
			n[i] = strconv.Itoa(i)
		}
	}
	return newNames(n)
}

// compiler makes a table, and gathers errors.
type compiler struct {
	classes names
	table   table
	errs    []error
}

// fail notes err, if there is one.
func (c *compiler) fail(err error) {
	if err != nil {
		c.errs = append(c.errs, err)
	}
}

// group makes the candidates: the groups, and all classes outside of them.
func (c *compiler) group(o *Options) (t table) {
	groups := slices.Sorted(maps.Keys(o.Groups))
	member := c.members(o, groups)
	made := map[string]int{}
	for class, g := range member {
		next := candidate{name: c.classes.shown[class], ignored: o.IgnoreOthers}
		if g != none {
			next = candidate{name: groups[g], group: true}
		}
		i, there := made[next.name]
		if !there {
			i = len(t.candidates)
			made[next.name] = i
			t.candidates = append(t.candidates, next)
		}
		t.of = append(t.of, i)
	}
	return t
}

// unknown adds the candidate Unknown, if there is to be one.
func (c *compiler) unknown(o *Options) {
	c.table.unknown = none
	if !o.Unknown {
		return
	}
	for _, there := range c.table.candidates {
		if fold(there.name) == Unknown {
			c.fail(wrong("groups."+there.name, "this is the word for what is none of the classes: give it another name"))
		}
	}
	c.table.unknown = len(c.table.candidates)
	c.table.candidates = append(c.table.candidates, candidate{name: Unknown})
}

// members are the classes of the groups: by class the group's index, or none.
func (c *compiler) members(o *Options, groups []string) []int {
	member := slices.Repeat([]int{none}, len(c.classes.shown))
	for g, name := range groups {
		key := "groups." + name
		if name == "" || len(o.Groups[name]) == 0 {
			c.fail(wrong(key, "a group needs a name and classes: [first, second]"))
		}
		for _, entry := range o.Groups[name] {
			found, err := c.classes.find(entry)
			if err != nil {
				c.fail(&OptionError{key, err})
			}
			for _, class := range found {
				if other := member[class]; other != none && other != g {
					c.fail(wrong(key, "the class %q (by %q) is in the group %s too: a class counts for one group only", c.classes.shown[class], entry, groups[other]))
					break
				}
				member[class] = g
			}
		}
	}
	for _, name := range groups {
		if class := slices.Index(c.classes.folded, fold(name)); class >= 0 && member[class] == none {
			c.fail(wrong("groups."+name, "there is a class %q outside the group: put it in, or give the group another name",
				c.classes.shown[class]))
		}
	}
	return member
}

// ignore marks what is never decided.
func (c *compiler) ignore(o *Options) {
	for _, entry := range o.Ignore {
		found, err := c.find(entry)
		if err != nil {
			c.fail(&OptionError{"ignore", err})
		}
		for _, i := range found {
			c.table.candidates[i].ignored = true
		}
	}
}

// own gives candidates values of their own.
func (c *compiler) own(o *Options) {
	taken := map[int]string{}
	for _, entry := range slices.Sorted(maps.Keys(o.Classes)) {
		key, own := "classes."+entry, o.Classes[entry]
		c.fail(own.check(key, o))
		found, err := c.find(entry)
		if err != nil {
			c.fail(&OptionError{key, err})
		}
		for _, i := range found {
			if other, twice := taken[i]; twice && other != entry {
				c.fail(wrong(key, "%q has values of its own as %q already", c.table.name(i), other))
				break
			}
			taken[i] = entry
			c.table.candidates[i].own = own
		}
	}
}

// find are the candidates that an entry is for: groups by their names, and classes that are in none.
func (c *compiler) find(entry string) ([]int, error) {
	var all []string
	for i := range c.table.candidates {
		all = append(all, c.table.candidates[i].name)
	}
	candidates := newNames(all)
	if found := candidates.match(entry); len(found) > 0 {
		return found, nil
	}
	classes, err := c.classes.find(entry)
	if err != nil {
		return nil, c.nearest(err, entry, all)
	}
	var found []int
	for _, class := range classes {
		i := c.table.of[class]
		if c.table.candidates[i].group {
			return nil, fmt.Errorf("the class %q is in the group %s: name the group instead", c.classes.shown[class], c.table.name(i))
		}
		found = append(found, i)
	}
	return found, nil
}

// nearest is err, or what it says of groups too.
func (c *compiler) nearest(err error, entry string, all []string) error {
	var unknown *unknownName
	if !errors.As(err, &unknown) {
		return err
	}
	return &unknownName{entry: entry, kinds: "class or group", nearest: nearest(entry, append(all, c.classes.shown...))}
}

// fold makes upper and lower case the same.
func fold(s string) string { return strings.ToLower(s) }
