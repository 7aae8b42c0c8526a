// SPDX-License-Identifier: MIT
namespace Phi4.Extensions.AI.Tools;

/// <summary>What a tool gave.</summary>
/// <param name="Name">The tool.</param>
/// <param name="Json">The result as JSON.</param>
internal readonly record struct ToolResult(string Name, string Json);
