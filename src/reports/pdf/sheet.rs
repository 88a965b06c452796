//! Pages of marks: what stands where, and to which element it belongs. Made by the flow, drawn by the painter.

use super::paragraph::{Ink, Line, Strip};
use super::structure::LeafId;

/// A4 and its margins, in points from the top left.
pub(super) const WIDTH: f32 = 595.28;
pub(super) const HEIGHT: f32 = 841.89;
pub(super) const LEFT: f32 = 64.0;
pub(super) const RIGHT: f32 = WIDTH - 64.0;
pub(super) const TOP: f32 = 74.0;
pub(super) const BOTTOM: f32 = HEIGHT - 70.0;

/// One page.
#[derive(Default)]
pub(super) struct Sheet {
    pub(super) marks: Vec<Mark>,
}

/// Something drawn.
pub(super) struct Mark {
    pub(super) owner: Owner,
    pub(super) shape: Shape,
}

/// Whom a mark belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// Read out as a part of an element.
    Leaf(LeafId),
    /// Lines, frames and repeated headings: never read out.
    Layout,
}

/// What is drawn; `y` of letters is their baseline, that of a bar its top.
pub(super) enum Shape {
    Letters {
        x: f32,
        y: f32,
        ink: Ink,
        strip: Strip,
    },
    Bar {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        ink: Ink,
    },
}

impl Sheet {
    pub(super) fn bar(&mut self, x: f32, y: f32, width: f32, height: f32, ink: Ink) {
        self.marks.push(Mark {
            owner: Owner::Layout,
            shape: Shape::Bar {
                x,
                y,
                width,
                height,
                ink,
            },
        });
    }

    pub(super) fn line(&mut self, owner: Owner, x: f32, baseline: f32, ink: Ink, line: Line) {
        let mut x = x;
        for strip in line.strips {
            let width = strip.width;
            self.marks.push(Mark {
                owner,
                shape: Shape::Letters {
                    x,
                    y: baseline,
                    ink,
                    strip,
                },
            });
            x += width;
        }
    }
}
