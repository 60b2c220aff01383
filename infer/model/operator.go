package model

import (
	"fmt"
	"slices"
)

// The slots of the schema's Operator and OperatorCode.
const (
	operatorCode, operatorInputs, operatorOutputs, operatorOptionsType, operatorOptions, operatorCustom = 0, 1, 2, 3, 4, 5

	operatorVariables, operatorIntermediates, operatorLargeCustom, operatorOptionsType2 = 7, 8, 9, 11

	codeOld, codeCustom, codeVersion, codeNew = 0, 1, 2, 3
)

// code is an OperatorCode.
type code struct {
	op      Op
	custom  string
	version int
}

// operators reads all operators of the graph, after its tensors and inputs.
func (p *parser) operators(list tables) error {
	codes, err := p.codes(p.root.tables(modelCodes))
	if err != nil {
		return err
	}
	if list.n > maxOperators {
		return unsupported("%d operators (the most is %d)", list.n, maxOperators)
	}
	p.model.Operators = make([]Operator, list.n)
	for i := range p.model.Operators {
		o := &p.model.Operators[i]
		err := p.readOperator(list.at(i), codes, o)
		if p.flat.err != nil {
			err = p.flat.err
		}
		if err != nil {
			return err.in("operator", i, o.Name())
		}
	}
	return nil
}

// codes reads the list of operator kinds that the operators refer to.
func (p *parser) codes(list tables) ([]code, error) {
	if p.flat.err != nil {
		return nil, p.flat.err
	}
	if list.n > maxOperators {
		return nil, unsupported("%d operator codes (the most is %d)", list.n, maxOperators)
	}
	codes := make([]code, list.n)
	for i := range codes {
		t := list.at(i)
		// The first field is the old one, a byte; newer files hold the number in both, or 127 in the old one.
		old, op := int32(int8(t.uint8(codeOld))), t.int32(codeNew, 0)
		codes[i] = code{op: Op(max(old, op)), version: t.int(codeVersion, 1)}
		if codes[i].op == OpCustom {
			codes[i].custom = t.string(codeCustom)
		}
		if p.flat.err != nil {
			return nil, p.flat.err.in("operator code", i, "")
		}
		if codes[i].op < 0 || codes[i].version < 1 {
			return nil, malformed("operator code %d is number %d, version %d", i, codes[i].op, codes[i].version)
		}
	}
	return codes, nil
}

// readOperator reads one operator, checks that what it reads is computed by now, and marks what it computes.
func (p *parser) readOperator(in table, codes []code, o *Operator) *ParseError {
	index := in.uint32(operatorCode)
	if uint64(index) >= uint64(len(codes)) {
		if p.flat.err != nil {
			return p.flat.err
		}
		return malformed("its operator code is %d of %d", index, len(codes))
	}
	c := codes[index]
	o.Op, o.Custom, o.Version = c.op, c.custom, c.version
	o.Inputs, o.Outputs = in.ints(operatorInputs), in.ints(operatorOutputs)

	if err := p.checkInputs(o.Inputs); err != nil {
		return err
	}
	if err := p.markOutputs(o.Outputs); err != nil {
		return err
	}
	s, known := specs[o.Op]
	if !known {
		o.Options = otherOptions(in, o)
		return nil
	}
	if o.Odd = s.oddOperator(in, o); o.Odd != "" || s.read == nil {
		return nil
	}
	o.Intermediates = in.ints(operatorIntermediates)
	if i := slices.IndexFunc(o.Intermediates, func(i int) bool { return i < 0 || i >= len(p.ready) }); i >= 0 {
		return malformed("intermediate %d is tensor %d of %d", i, o.Intermediates[i], len(p.ready))
	}
	o.Options = s.read(in.child(operatorOptions))
	if p.flat.err != nil {
		return p.flat.err
	}
	if err := p.checkOptions(o); err != nil {
		o.Odd, o.Options = err.text, nil
	}
	return nil
}

// otherOptions are those of an operator that has no spec: the bytes of a custom one, else nil or Unread.
func otherOptions(in table, o *Operator) any {
	kind, custom := in.uint8(operatorOptionsType), in.bytes(operatorCustom)
	_, variables := in.list(operatorVariables, 1)
	_, intermediates := in.list(operatorIntermediates, 4)
	more := variables != 0 || intermediates != 0 || in.uint64(operatorLargeCustom) > 1 || in.uint8(operatorOptionsType2) != 0
	switch {
	case kind != 0 || more:
		return Unread{Union: kind, Defaults: !more && custom == nil && in.child(operatorOptions).empty()}
	case custom != nil && o.Op == OpCustom:
		return custom
	case custom != nil:
		return Unread{}
	}
	return nil
}

// oddOperator says what of o, all but its options, is not as s wants it.
func (s *spec) oddOperator(in table, o *Operator) string {
	n, kind := len(o.Inputs), in.uint8(operatorOptionsType)
	switch {
	case n < s.minInputs || s.maxInputs != 0 && n > s.maxInputs:
		return fmt.Sprintf("it has %d inputs (want %d to %d)", n, s.minInputs, max(s.minInputs, s.maxInputs))
	case slices.Contains(o.Inputs[:s.minInputs], -1):
		return fmt.Sprintf("input %d is absent", slices.Index(o.Inputs, -1))
	case len(o.Outputs) == 0:
		return "it has no output"
	case s.read != nil && kind != 0 && kind != s.union:
		return fmt.Sprintf("its options are number %d of the schema's BuiltinOptions (want %d)", kind, s.union)
	}
	return ""
}

// checkInputs checks that what an operator reads is there by now; -1 is an optional input that is absent.
func (p *parser) checkInputs(inputs []int) *ParseError {
	for n, i := range inputs {
		if i == -1 {
			continue
		}
		if i < 0 || i >= len(p.ready) {
			return malformed("input %d is tensor %d of %d", n, i, len(p.ready))
		}
		if !p.ready[i] {
			return malformed("input %d is %s, which nothing before it computes", n, p.tensor(i))
		}
	}
	return nil
}

func (p *parser) markOutputs(outputs []int) *ParseError {
	for n, i := range outputs {
		if i < 0 || i >= len(p.ready) {
			return malformed("output %d is tensor %d of %d", n, i, len(p.ready))
		}
		if p.ready[i] && !slices.Contains(p.model.Tensors[i].Shape, 0) {
			return malformed("output %d is %s, which is computed or constant already", n, p.tensor(i))
		}
		p.ready[i] = true
	}
	return nil
}

// tensor names tensor i, which must exist, in an error.
func (p *parser) tensor(i int) string { return label("tensor", i, p.model.Tensors[i].Name) }
