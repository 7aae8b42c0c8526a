// SPDX-License-Identifier: MIT
namespace Phi4.Core.Sampling.Constraints.Json;

/// <summary>Types of JSON values as schemas name them; a number may be an integer.</summary>
[Flags]
internal enum JsonTypes
{
    None = 0,
    Null = 1,
    Boolean = 2,
    Integer = 4,
    Number = 8,
    String = 16,
    Array = 32,
    Object = 64,
}
