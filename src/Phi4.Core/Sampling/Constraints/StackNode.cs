// SPDX-License-Identifier: MIT
namespace Phi4.Core.Sampling.Constraints;

/// <summary>A state of the automaton and where to go on when its rule ends; equal ones are the same object within one <see cref="ParserStates"/>.</summary>
/// <param name="id">Orders nodes.</param>
/// <param name="state">Of the automaton; negative for a bottom.</param>
/// <param name="parent">Where the rule returns to; null for a bottom only.</param>
internal sealed class StackNode(int id, int state, StackNode? parent)
{
    public int Id => id;

    public int State => state;

    public StackNode? Parent => parent;

    public bool IsBottom => parent is null;
}
