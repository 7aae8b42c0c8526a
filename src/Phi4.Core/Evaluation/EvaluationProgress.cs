// SPDX-License-Identifier: MIT
namespace Phi4.Core.Evaluation;

/// <summary>How far an evaluation has come.</summary>
/// <param name="WindowsDone">Windows that are done.</param>
/// <param name="WindowCount">Windows in all.</param>
public readonly record struct EvaluationProgress(int WindowsDone, int WindowCount);
