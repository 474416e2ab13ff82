//! From the tree of an expression to instructions, and to a text that it matches.

use super::{
    Op, PatternError,
    parse::{Node, tree},
};

/// Most instructions: counted repeats are written out.
const MAX_PROGRAM: usize = 8 * 1024;

pub(super) fn compile(source: &str) -> Result<(Vec<Op>, usize), PatternError> {
    let (node, groups, loops) = tree(source)?;
    let groups = (groups + 1) * 2;
    let mut program = Vec::new();
    emit(&node, groups, &mut program)?;
    Ok((program, groups + loops))
}

/// A text that the expression probably matches: first alternatives, fewest repeats, and
/// what look-ahead wants.
pub(super) fn sample(source: &str) -> Option<String> {
    let mut text = String::new();
    pick(&tree(source).ok()?.0, &mut text);
    Some(text)
}

fn pick(node: &Node, text: &mut String) {
    match node {
        Node::One(Op::Char(letter)) => text.push(*letter),
        Node::One(Op::Any { .. }) => text.push('x'),
        Node::One(Op::Class(class)) => {
            let mut letters = ('0'..='9').chain('a'..='z').chain(' '..='~').chain(['é']);
            text.extend(letters.find(|letter| class.has(*letter)));
        }
        Node::Sequence(nodes) => nodes.iter().for_each(|node| pick(node, text)),
        Node::Either(branches) => branches.iter().take(1).for_each(|node| pick(node, text)),
        Node::Group(_, inner)
        | Node::Atomic(inner)
        | Node::Look {
            behind: false,
            wanted: true,
            inner,
        } => pick(inner, text),
        Node::One(_) | Node::Look { .. } => {}
        Node::Repeat { inner, least, .. } => (0..*least).for_each(|_| pick(inner, text)),
    }
}

fn emit(node: &Node, first_slot: usize, program: &mut Vec<Op>) -> Result<(), PatternError> {
    if program.len() > MAX_PROGRAM {
        return Err(PatternError::TooLarge);
    }
    match node {
        Node::One(op) => program.push(op.clone()),
        Node::Sequence(nodes) => {
            for node in nodes {
                emit(node, first_slot, program)?;
            }
        }
        Node::Either(branches) => return either(branches, first_slot, program),
        Node::Group(group, inner) => {
            program.push(Op::Save(group * 2));
            emit(inner, first_slot, program)?;
            program.push(Op::Save(group * 2 + 1));
        }
        Node::Look {
            behind,
            wanted,
            inner,
        } => {
            let at = program.len();
            program.push(Op::Match);
            emit(inner, first_slot, program)?;
            let look = Op::Look {
                behind: *behind,
                wanted: *wanted,
                end: program.len(),
            };
            patch(program, at, look);
        }
        Node::Atomic(inner) => {
            let at = program.len();
            program.push(Op::Match);
            emit(inner, first_slot, program)?;
            let atomic = Op::Atomic { end: program.len() };
            patch(program, at, atomic);
        }
        Node::Repeat {
            inner,
            least,
            most,
            lazy,
            slot,
        } => {
            for _ in 0..*least {
                emit(inner, first_slot, program)?;
            }
            match most {
                Some(most) => {
                    for _ in *least..*most {
                        optional(inner, *lazy, first_slot, program)?;
                    }
                }
                None => endless(inner, *lazy, first_slot + slot, first_slot, program)?,
            }
        }
    }
    Ok(())
}

fn patch(program: &mut [Op], at: usize, op: Op) {
    if let Some(place) = program.get_mut(at) {
        *place = op;
    }
}

fn either(branches: &[Node], first_slot: usize, program: &mut Vec<Op>) -> Result<(), PatternError> {
    let mut jumps = Vec::new();
    for (index, branch) in branches.iter().enumerate() {
        if index + 1 == branches.len() {
            emit(branch, first_slot, program)?;
            continue;
        }
        let split = program.len();
        program.push(Op::Match);
        emit(branch, first_slot, program)?;
        jumps.push(program.len());
        program.push(Op::Match);
        let next = program.len();
        patch(program, split, Op::Split(split + 1, next));
    }
    let end = program.len();
    for jump in jumps {
        patch(program, jump, Op::Jump(end));
    }
    Ok(())
}

fn optional(
    inner: &Node,
    lazy: bool,
    first_slot: usize,
    program: &mut Vec<Op>,
) -> Result<(), PatternError> {
    let split = program.len();
    program.push(Op::Match);
    emit(inner, first_slot, program)?;
    let (on, skip) = (split + 1, program.len());
    patch(
        program,
        split,
        if lazy {
            Op::Split(skip, on)
        } else {
            Op::Split(on, skip)
        },
    );
    Ok(())
}

fn endless(
    inner: &Node,
    lazy: bool,
    slot: usize,
    first_slot: usize,
    program: &mut Vec<Op>,
) -> Result<(), PatternError> {
    let split = program.len();
    program.push(Op::Match);
    program.push(Op::Save(slot));
    emit(inner, first_slot, program)?;
    program.push(Op::Progress(slot));
    program.push(Op::Jump(split));
    let (on, skip) = (split + 1, program.len());
    patch(
        program,
        split,
        if lazy {
            Op::Split(skip, on)
        } else {
            Op::Split(on, skip)
        },
    );
    Ok(())
}
