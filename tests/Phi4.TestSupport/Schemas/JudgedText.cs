// SPDX-License-Identifier: MIT
namespace Phi4.TestSupport.Schemas;

/// <summary>What a constraint made, for judges that have no part in it.</summary>
/// <param name="Schema">The schema.</param>
/// <param name="Text">JSON that is to be valid under it.</param>
public sealed record JudgedText(string Schema, string Text);
