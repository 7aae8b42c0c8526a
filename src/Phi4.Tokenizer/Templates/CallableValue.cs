// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer.Templates;

/// <summary>Something that can be called: a global function, a macro, a method bound to its value.</summary>
internal sealed class CallableValue(string name, Func<Evaluator, CallArguments, TemplateValue> invoke) : TemplateValue
{
    public string Name { get; } = name;

    public Func<Evaluator, CallArguments, TemplateValue> Invoke { get; } = invoke;

    internal override bool IsTrue => true;

    internal override string TypeName => "function";
}
