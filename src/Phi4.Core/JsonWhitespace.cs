// SPDX-License-Identifier: MIT
namespace Phi4;

/// <summary>Which white space constrained JSON may have between its parts.</summary>
public enum JsonWhitespace
{
    /// <summary>
    /// After <c>{ [ , :</c> and before <c>} ]</c>: nothing, one space, or a line break with up to 40 spaces or 10 tabs. None around the whole, so that an answer ends where its value ends.
    /// </summary>
    Bounded,

    /// <summary>None.</summary>
    Compact,

    /// <summary>Whatever JSON allows, around the whole too. A model may go on with it until a length cuts it off.</summary>
    Any,
}
